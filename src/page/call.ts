import { create, type DescMethod } from "@bufbuild/protobuf";
import { Field } from "../base/field.js";
import type { Initiator } from "../base/initiator.js";
import type { ReceiveOptions } from "../call/receiver.js";
import type { CallOptions } from "../client/call-options.js";
import type { ServerStreamCall } from "../client/streams.js";
import { readEndStream } from "../protocol/connect/end-stream.js";
import { parseJson, readErrorJson } from "../protocol/connect/error-json.js";
import { foreignAnswer, foreignStatus } from "../protocol/foreign-answer.js";
import { isMetadata } from "../protocol/metadata-fields.js";
import { CodeNumber } from "../rpc/code.js";
import type { Encoded } from "../rpc/encoded.js";
import { Metadata } from "../rpc/metadata.js";
import { Outcome } from "../rpc/outcome.js";
import { RpcError, textOf } from "../rpc/rpc-error.js";
import { type Status, statusOf } from "../rpc/status.js";
import { bodyReader, joined } from "./body.js";
import type { PageChannel } from "./connect.js";
import type { PageLimits } from "./limits.js";
import { mailbox } from "./mailbox.js";
import { handled, pending, rejected } from "./pending.js";
import { after, watch } from "./watch.js";

/** Bytes of messages that may be unread before no more is taken from the platform, which then slows the server. */
const CREDIT_BYTES = 65_536;

/** How long the body may go on after the server's last word, and how long the body of an error may take. */
const CLOSING_MS = 5_000;

/** What is read of an error: its details may be long. */
const ERROR_BYTES = 1024 * 1024;

/** What is shown of an answer that is not the protocol's. */
const SHOWN_BYTES = 200;

/** Before each message of a stream: a byte of flags, four of length. */
const PREFIX_BYTES = 5;

/** The flag of the last envelope of a stream. */
const END_STREAM_FLAG = 2;

/** A failure so shortly before the deadline is the deadline: the server has the same one. */
const DEADLINE_SLACK_MS = 5;

/** What is a trailer among the headers of a unary response. */
const TRAILER = /^trailer-/;

/** What the content type of an answer names that is well, in another codec or form than was asked for. */
const CODECS = /json|proto/;

/**
 * Begins a call: one request by fetch, under the stream contract (docs/contract.md). What is one message each way is read with one `receive()`.
 * Functions over shared variables instead of a class: names of variables become one letter in a page, names of members do not.
 */
export function openCall(
  channel: PageChannel,
  method: DescMethod,
  request: unknown,
  options: CallOptions,
  { timeoutMs, maxReceiveBytes, closeMaxBytes, closeTimeoutMs, idleTimeoutMs }: PageLimits,
): ServerStreamCall<unknown> {
  const { codec } = channel;
  const { input, output } = method;
  const streams = method.methodKind !== "unary";
  const url = `${channel.base}/${method.parent.typeName}/${method.name}`;
  const contentType = `application/${streams ? "connect+" : ""}${codec.name}`;
  const fields = new Metadata(options.headers).toFields().map(({ name, value }): [string, string] => [name, value]);
  const abort = new AbortController();
  const [outcome, resolveOutcome] = pending<Outcome>();
  const [headers, resolveHeaders] = pending<Metadata>();
  const deadline = performance.now() + timeoutMs;
  let ended = false;
  let closed = false;
  /** Bytes of messages that nobody has taken. */
  let unread = 0;
  /** Bytes that came after `close()`. */
  let dropped = 0;
  /** The server's last word, while its body goes on. */
  let last: Status | undefined;
  /** Once it has come, a failure is not that the page may not call. */
  let response: Response | undefined;
  let stopWatch = (): void => {};
  let stopTimer = (): void => {};
  /** Reads on, where reading waits for room. */
  let resume = (): void => {};

  // ---- the end

  /** Ends the call, unless it has ended; the error of such an end. `keep`: what was received before can still be taken. */
  const end = (status: Status, initiator: Initiator, cause?: unknown, keep = false): RpcError | undefined => {
    const final = new Outcome(status, initiator);
    const error = status.code ? new RpcError(final.code, final.message, { ...final, metadata: final.trailers, cause }) : undefined;
    if (!ended) {
      ended = true;
      stopWatch();
      awaitEnd(Number.POSITIVE_INFINITY, resume);
      abort.abort();
      resolveOutcome(final);
      resolveHeaders(rejected(error));
      messages.end(closed ? undefined : error, keep);
    }
    return error;
  };
  const fault = (code: number, message: string, initiator: Initiator = "engine", cause?: unknown, keep?: boolean) =>
    end(statusOf(code, message), initiator, cause, keep);
  const malformed = (because: string) => fault(CodeNumber.internal, `peer broke the protocol: ${because}`);
  const expire = () => fault(CodeNumber.deadline_exceeded, "the deadline of the call has passed");
  const cancel = (reason?: unknown): void => {
    const why = reason === undefined ? "" : `: ${textOf(reason)}`;
    fault(CodeNumber.cancelled, `cancelled by the caller${why}`, "application", reason);
  };
  const tell = (callback: "onHeaders" | "onTrailers", metadata: Metadata): void => {
    try {
      if (!ended) options[callback]?.(metadata);
    } catch (error) {
      cancel(error);
    }
  };
  const endByServer = (status: Status): void => {
    tell("onTrailers", Metadata.fromFields(status.trailers));
    end(status, "peer", undefined, true);
  };

  /** A message has moved: the idle time begins anew. */
  let moved = (): void => {
    stopTimer();
    stopTimer = after(idleTimeoutMs, () => fault(CodeNumber.deadline_exceeded, `no message moved for ${idleTimeoutMs} ms (idleTimeoutMs)`));
  };
  /** Nobody waits for messages any more: this time runs instead of the idle time. */
  const awaitEnd = (ms: number, task: () => void): void => {
    moved = () => {};
    stopTimer();
    stopTimer = after(ms, task);
  };

  // ---- what comes

  const messages = mailbox((bytes) => {
    unread -= bytes.length + PREFIX_BYTES;
    moved();
    resume();
    try {
      return codec.decode(output, bytes);
    } catch (cause) {
      const because = `peer sent bytes that are no message of type ${output.typeName}: ${textOf(cause)}`;
      return rejected(fault(CodeNumber.internal, because, "peer", cause));
    }
  });
  const deliver = (message: Uint8Array): void => {
    moved();
    if (ended || closed) return;
    unread += message.length + PREFIX_BYTES;
    // of its own, or a small message that is kept would hold all that came with it
    messages.deliver(message.slice());
  };
  const checkLength = (length: number): void => {
    if (length <= maxReceiveBytes || closed) return;
    fault(CodeNumber.resource_exhausted, `peer sent a message of ${length} bytes; maxReceiveBytes is ${maxReceiveBytes}`);
  };
  const drop = (bytes: number): void => {
    dropped += bytes;
    if (dropped > closeMaxBytes || !closeMaxBytes) cancel(`the stream was closed, to drop ${closeMaxBytes} bytes at most`);
  };
  const admit = async (bytes: number): Promise<void> => {
    if (closed) drop(bytes);
    while (unread >= CREDIT_BYTES) {
      await new Promise<void>((resolve) => {
        resume = resolve;
      });
    }
  };
  const hearLast = (status: Status): void => {
    last = status;
    awaitEnd(CLOSING_MS, () => endByServer(status));
  };

  /** After the end of the call every read comes to the end of the body at once. */
  const readStream = async (read: (length: number) => Promise<Uint8Array>): Promise<void> => {
    for (;;) {
      const prefix = await read(PREFIX_BYTES);
      if (prefix.length < PREFIX_BYTES) break;
      const [flags, first, second, third, fourth] = prefix as unknown as [number, number, number, number, number];
      const length = ((first << 24) | (second << 16) | (third << 8) | fourth) >>> 0;
      if (flags & ~END_STREAM_FLAG) malformed(`an envelope has the flags 0x${flags.toString(16)}`);
      checkLength(length);
      const content = await read(length);
      if (content.length < length) break;
      if (!flags) deliver(content);
      else {
        const status = readEndStream(content);
        hearLast(status);
        if ((await read(1)).length) malformed("bytes came after the end of the stream");
        return endByServer(status);
      }
    }
    malformed("the response ended before its stream");
  };

  const exchange = async (content: Uint8Array): Promise<void> => {
    fields.push(["content-type", contentType], ["connect-protocol-version", "1"]);
    // ten digits are the most that a server has to read
    if (timeoutMs < Number.POSITIVE_INFINITY) fields.push(["connect-timeout-ms", String(Math.min(9_999_999_999, Math.ceil(timeoutMs)))]);
    const { fetch: send = fetch, ...init } = channel.init as { readonly fetch?: typeof fetch };
    response = await send(url, {
      ...init,
      method: "POST",
      headers: fields,
      body: content as Uint8Array<ArrayBuffer>,
      signal: abort.signal,
    });
    const { status, body } = response;
    if (ended) return body?.cancel();
    const read = bodyReader(body, abort.signal, admit);
    const metadata: Field[] = [];
    const trailers: Field[] = [];
    for (const [name, value] of response.headers) {
      const field = new Field(name.replace(TRAILER, ""), value);
      if (isMetadata(field.kind)) (field.name === name ? metadata : trailers).push(field);
    }
    const head = Metadata.fromFields(metadata);
    resolveHeaders(head);
    tell("onHeaders", head);
    const type = response.headers.get("content-type") ?? "";
    if (status !== 200 || !`${type};`.toLowerCase().startsWith(`${contentType};`)) {
      // a redirect that a browser hides has no status
      const said = { ...foreignAnswer("Connect", status ? String(status) : "3xx (a redirect)", type), trailers };
      if (status === 200 && CODECS.test(type)) said.code = CodeNumber.internal;
      hearLast(said);
      const text = await read(ERROR_BYTES);
      const foreign = foreignStatus(said, text.subarray(0, SHOWN_BYTES));
      endByServer(readErrorJson(parseJson(text), foreign) ?? foreign);
    } else if (streams) await readStream(read);
    else {
      const message = await read(maxReceiveBytes + 1);
      checkLength(message.length);
      deliver(message);
      endByServer(statusOf(CodeNumber.ok, "", trailers));
    }
  };
  const onFailed = (cause: unknown): void => {
    if (last) endByServer(last);
    else if (performance.now() > deadline - DEADLINE_SLACK_MS) expire();
    else {
      const why = response ? "" : ": CORS?";
      fault(CodeNumber.unavailable, `the request to ${url} failed: ${textOf(cause)}${why}`, "network", cause, true);
    }
  };

  // ---- the beginning

  moved();
  stopWatch = watch(options.signal, timeoutMs, cancel, expire);
  if (ended) stopWatch();
  try {
    const message = codec.encode(
      input,
      create(input, isEncoded(request) ? request.message : (request as object as Record<string, unknown>)),
    );
    const { length } = message;
    const prefix = Uint8Array.of(0, length >>> 24, length >>> 16, length >>> 8, length);
    if (!ended) exchange(streams ? joined([prefix, message], PREFIX_BYTES + length) : message).catch(onFailed);
  } catch (cause) {
    fault(CodeNumber.internal, `message of type ${input.typeName} cannot be encoded: ${textOf(cause)}`, "application", cause);
  }

  return {
    outcome,
    headers,
    cancel,
    receive: messages.receive,
    close() {
      if (!closed) {
        closed = true;
        unread = 0;
        messages.end(undefined, false);
        if (!ended) awaitEnd(closeTimeoutMs, () => cancel(`the stream was closed, to wait ${closeTimeoutMs} ms at most`));
        drop(0);
        resume();
      }
      return outcome;
    },
    next: (operation?: ReceiveOptions) =>
      handled(messages.receive(operation).then((value) => ({ value, done: value === undefined }) as IteratorResult<unknown, undefined>)),
    async return() {
      cancel("the loop was left");
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      cancel("the block was left");
      await outcome;
    },
  };
}

/** Without loading what makes them. */
function isEncoded(request: unknown): request is Encoded {
  return (request as Encoded | undefined)?.inBody !== undefined;
}
