// grpcurl and buf curl, as people use them, with a schema file: a unary call, a server stream, an error.
//   node interop/curl.mjs
import { join } from "node:path";
import { runToEnd, startServer } from "./children.mjs";
import { Finding, Report } from "./report.mjs";
import { buf, grpcurl, ROOT, ToolMissing } from "./tools.mjs";

const report = new Report();
const server = await startServer(process.execPath, [join(ROOT, "bench", "serve.mjs"), "--port", "0"]);
const testing = await startServer(process.execPath, [join(ROOT, "interop", "server.mjs"), "--port", "0"]);

await withTool("grpcurl", grpcurl, (tool) => (method, message, port, proto) => {
  return runToEnd(tool, ["-plaintext", "-import-path", join(ROOT, "proto"), "-proto", proto, "-d", message, `127.0.0.1:${port}`, method]);
});
await withTool("buf curl", buf, (tool) => (method, message, port) => {
  const own = ["curl", "--schema", join(ROOT, "proto"), "--protocol", "grpc", "--http2-prior-knowledge", "-d", message];
  return runToEnd(tool, [...own, `http://127.0.0.1:${port}/${method}`]);
});

await server.stop();
await testing.stop();
report.end();
process.exit();

async function withTool(name, find, caller) {
  let curl;
  try {
    curl = caller(await find());
  } catch (error) {
    if (!(error instanceof ToolMissing)) throw error;
    report.missing(name, error.message);
    return;
  }
  await report.check(`${name}: a unary call`, async () => {
    const { code, text } = await curl("bench.v1.Bench/Unary", '{"id": 7, "name": "seven"}', server.port, "bench.proto");
    expect(code === 0 && /"id":\s*7/.test(text) && /"name":\s*"seven"/.test(text), code, text);
  });
  await report.check(`${name}: a server stream`, async () => {
    const { code, text } = await curl("bench.v1.Bench/Server", '{"id": 5, "name": "many"}', server.port, "bench.proto");
    expect(code === 0 && text.split('"many"').length === 6, code, text);
  });
  await report.check(`${name}: an error`, async () => {
    const message = '{"responseStatus": {"code": 9, "message": "not in this state"}}';
    const { code, text } = await curl("grpc.testing.TestService/UnaryCall", message, testing.port, "grpc-testing.proto");
    expect(code !== 0 && /failed_?precondition/i.test(text) && text.includes("not in this state"), code, text);
  });
  await report.check(`${name}: a method that is not there`, async () => {
    const { code, text } = await curl("grpc.testing.TestService/UnimplementedCall", "{}", testing.port, "grpc-testing.proto");
    expect(code !== 0 && /unimplemented/i.test(text), code, text);
  });
}

function expect(condition, code, text) {
  if (!condition) throw new Finding(`exit code ${code}:\n${text}`);
}
