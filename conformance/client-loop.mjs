// What every client under test does: makes the calls that it reads from stdin, several at a time, to the end of stdin.
import { create } from "@bufbuild/protobuf";
import { ClientCompatRequestSchema, ClientCompatResponseSchema } from "../build/gen/connectrpc/conformance/v1/client_compat_pb.js";
import { call } from "./calls.mjs";
import { readMessages, writeMessage } from "./frames.mjs";

/** Calls at once: the suite measures deadlines, which must not run out while calls wait for a core. */
const MAX_CALLS = 32;

/** `clientFor(request)`: a client of the suite's service for that call. */
export async function answerAll(clientFor) {
  const calls = new Set();
  for await (const request of readMessages(ClientCompatRequestSchema, process.stdin)) {
    if (calls.size >= MAX_CALLS) await Promise.race(calls);
    const answered = answer(request, clientFor).then(() => calls.delete(answered));
    calls.add(answered);
  }
  await Promise.all(calls);
}

async function answer(request, clientFor) {
  let result;
  try {
    result = { case: "response", value: await call(request, clientFor(request)) };
  } catch (error) {
    result = { case: "error", value: { message: String(error?.stack ?? error) } };
  }
  writeMessage(ClientCompatResponseSchema, create(ClientCompatResponseSchema, { testName: request.testName, result }), process.stdout);
}

/** The name of a number that the suite gives. */
export function named(names, number) {
  const name = names[number];
  if (name === undefined) throw new Error(`the suite asks for ${number}, which has no name here`);
  return name;
}
