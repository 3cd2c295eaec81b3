// Malformed requests over a bare socket: none may be answered as a good call, each gets the specification's answer.
//   node interop/malformed/run.mjs                       against bench/serve.mjs
//   node interop/malformed/run.mjs --port N --path P     against another server, a table only
//   node interop/malformed/run.mjs --peer grpc-go        the same for grpc-go
import { join } from "node:path";
import { readArguments, wholeNumber } from "../arguments.mjs";
import { startServer } from "../children.mjs";
import { grpcStatus, RawConnection } from "../raw/connection.mjs";
import { data } from "../raw/frames.mjs";
import { BENCH, call, envelope } from "../raw/grpc.mjs";
import { Finding, Report } from "../report.mjs";
import { goPrograms, ROOT } from "../tools.mjs";
import { answerOf, describe, isGoodCall } from "./answer.mjs";
import { cases } from "./cases.mjs";

const ANSWER_LIMIT_MS = 3000;
const TESTING = "/grpc.testing.TestService/EmptyCall";

const args = readArguments("node interop/malformed/run.mjs [--port N --path /package.Service/UnaryMethod] [--peer grpc-go]", {
  port: { type: "string" },
  path: { type: "string", default: `${BENCH}/Unary` },
  peer: { type: "string" },
});

if (args.port !== undefined) await compare(wholeNumber("--port", args.port, 1, 65_535), args.path);
else if (args.peer === "grpc-go") {
  const server = await startServer((await goPrograms()).peer, []);
  await compare(server.port, TESTING);
  await server.stop();
} else {
  const server = await startServer(process.execPath, [join(ROOT, "bench", "serve.mjs"), "--port", "0"]);
  const report = new Report();
  for (const one of cases) await report.check(one.name, () => prove(one, server.port, args.path), 15_000);
  await server.stop();
  report.end();
}
process.exit();

/** One malformed request, and then a good one on the same connection, which must not have suffered. */
async function prove({ name, expected, frames }, port, path) {
  const connection = await RawConnection.open(port);
  try {
    connection.write(frames(1, path));
    await connection.over(1, ANSWER_LIMIT_MS);
    const answer = answerOf(connection, 1);
    if (isGoodCall(answer)) throw new Finding(`answered as a good call: ${name}`);
    if (!expected.ok(answer)) throw new Finding(`answered with ${describe(answer)}; expected ${expected.text}`);
    connection.write(call(3, path), data(3, envelope(Buffer.alloc(0)), { end: true }));
    const after = await connection.over(3, ANSWER_LIMIT_MS);
    if (grpcStatus(after) !== "0")
      throw new Finding(`after it a good call on the same connection ended with ${describe(answerOf(connection, 3))}`);
    return describe(answer);
  } finally {
    connection.destroy();
  }
}

/** What another server does: a table, no verdict. */
async function compare(port, path) {
  let good = 0;
  for (const { name, expected, frames } of cases) {
    const connection = await RawConnection.open(port);
    connection.write(frames(1, path));
    await connection.over(1, ANSWER_LIMIT_MS);
    const answer = answerOf(connection, 1);
    if (isGoodCall(answer)) good++;
    console.log(`  ${isGoodCall(answer) ? "GOOD " : expected.ok(answer) ? "as specified" : "otherwise"}  ${name}: ${describe(answer)}`);
    connection.destroy();
  }
  console.log(`${good} of ${cases.length} malformed requests were answered as good calls`);
}
