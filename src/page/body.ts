/**
 * Reads a body: gives as many bytes as asked for, fewer where it ends before, in memory that others see too. Memory is taken for what has come, never for what is announced.
 * `admit` is told of each chunk, and may put off the next one.
 */
export function bodyReader(
  body: ReadableStream<Uint8Array> | null,
  signal: AbortSignal,
  admit: (bytes: number) => unknown,
): (length: number) => Promise<Uint8Array> {
  const reader = body?.getReader();
  let chunks: Uint8Array[] = [];
  let held = 0;
  // not every fetch ends its body when it is aborted; nothing is returned, for Node takes what a listener returns for its failure
  signal.addEventListener("abort", () => {
    reader?.cancel().catch(() => {});
  });
  return async (length) => {
    while (held < length) {
      const { value } = (await reader?.read()) ?? {};
      if (!value) break;
      chunks.push(value);
      held += value.length;
      await admit(value.length);
    }
    const bytes = joined(chunks, held);
    const rest = bytes.subarray(length);
    chunks = [rest];
    held = rest.length;
    return bytes.subarray(0, length);
  };
}

/** The chunks in one, of this length. */
export function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  if (chunks.length === 1) return chunks[0] as Uint8Array;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
