// An application as it was written for connect-es: routes, handlers, an interceptor, a client. It names neither connect-node nor Sluice.
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { Chat } from "../../build/gen/chat_pb.js";

/** @param {import("@connectrpc/connect").ConnectRouter} router */
export function routes(router) {
  router.service(Chat, {
    say({ text }, context) {
      if (text === "") throw new ConnectError("say something", Code.InvalidArgument, { "x-hint": "hello" });
      context.responseHeader.set("x-asked-by", context.requestHeader.get("x-name") ?? "nobody");
      return { text: `you said ${text}` };
    },
    async *watch({ room, limit }, context) {
      for (let number = 1; number <= limit; number++) yield { text: `news of ${room}`, number };
      context.responseTrailer.set("x-sent", String(limit));
    },
    async upload(chunks) {
      let bytes = 0;
      for await (const { data } of chunks) bytes += data.length;
      return { bytes: BigInt(bytes) };
    },
    async *converse(events) {
      for await (const { text } of events) yield { text: text.toUpperCase() };
    },
  });
}

/** Goes into the options of a transport. It sees the error of a call as clients do. */
export const named = (next) => async (request) => {
  request.header.set("x-name", "Ada");
  try {
    return await next(request);
  } catch (error) {
    if (error instanceof ConnectError) error.metadata.set("x-seen", Code[error.code]);
    throw error;
  }
};

/** Calls one method of each kind; what it saw, a line each. */
export async function visit(transport) {
  const chat = createClient(Chat, transport);
  const lines = [];

  let by;
  const onHeader = (header) => {
    by = header.get("x-asked-by");
  };
  const reply = await chat.say({ text: "hi" }, { onHeader });
  lines.push(`say: ${reply.text}, asked by ${by}`);

  const error = await chat.say({ text: "" }).catch(ConnectError.from);
  lines.push(`say nothing: ${error.message}, try ${error.metadata.get("x-hint")}; the interceptor saw ${error.metadata.get("x-seen")}`);

  let sent;
  const onTrailer = (trailer) => {
    sent = trailer.get("x-sent");
  };
  const numbers = [];
  for await (const { number } of chat.watch({ room: "a", limit: 3 }, { onTrailer })) numbers.push(number);
  lines.push(`watch: ${numbers}, ${sent} sent`);

  const receipt = await chat.upload(each({ data: new Uint8Array(20) }, { data: new Uint8Array(22) }));
  lines.push(`upload: ${receipt.bytes} bytes`);

  const answers = [];
  for await (const { text } of chat.converse(each({ text: "a" }, { text: "b" }))) answers.push(text);
  lines.push(`converse: ${answers}`);
  return lines;
}

async function* each(...messages) {
  yield* messages;
}
