/** One fenced block of a Markdown document. */
export interface Block {
  /** The first word after the fence: `ts`, `sh`, `text`. */
  readonly language: string;
  /** The second one: the file that the block is; empty for a fragment. */
  readonly file: string;
  readonly text: string;
  /** The line of the opening fence, from 1. */
  readonly line: number;
}

/** The fenced blocks of a document, in order. */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  let open: { language: string; file: string; line: number; lines: string[] } | undefined;
  for (const [index, line] of markdown.split("\n").entries()) {
    if (line.startsWith("```")) {
      if (open === undefined) {
        const [language = "", file = ""] = line.slice(3).trim().split(/\s+/);
        open = { language, file, line: index + 1, lines: [] };
      } else {
        blocks.push({ language: open.language, file: open.file, text: `${open.lines.join("\n")}\n`, line: open.line });
        open = undefined;
      }
    } else open?.lines.push(line);
  }
  if (open !== undefined) throw new Error(`the block of line ${open.line} does not end`);
  return blocks;
}

/** The document without its fenced blocks, line by line as it was. */
export function proseOf(markdown: string): string {
  let inside = false;
  const lines = markdown.split("\n").map((line) => {
    const fence = line.startsWith("```");
    const prose = inside || fence ? "" : line;
    if (fence) inside = !inside;
    return prose;
  });
  return lines.join("\n");
}
