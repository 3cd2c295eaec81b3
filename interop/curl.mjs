// grpcurl, buf curl in all its protocols, and curl, as people use them: a unary call, a server stream, an error, a GET.
//   node interop/curl.mjs
import { join } from "node:path";
import { runToEnd, startServer } from "./children.mjs";
import { Finding, Report } from "./report.mjs";
import { buf, grpcurl, ROOT, withTool } from "./tools.mjs";

const report = new Report();
const server = await startServer(process.execPath, [join(ROOT, "bench", "serve.mjs"), "--port", "0"]);
const testing = await startServer(process.execPath, [join(ROOT, "interop", "server.mjs"), "--port", "0"]);

await callsWith("grpcurl", grpcurl, (tool) => (method, message, port, proto) => {
  return runToEnd(tool, ["-plaintext", "-import-path", join(ROOT, "proto"), "-proto", proto, "-d", message, `127.0.0.1:${port}`, method]);
});
for (const [protocol, ...version] of [
  ["grpc", "--http2-prior-knowledge"],
  ["grpcweb", "--http2-prior-knowledge"],
  ["grpcweb"],
  ["connect", "--http2-prior-knowledge"],
  ["connect"],
]) {
  await callsWith(`buf curl, ${protocol} over HTTP/${version.length > 0 ? "2" : "1.1"}`, buf, (tool) => (method, message, port) => {
    const own = ["curl", "--schema", join(ROOT, "proto"), "--protocol", protocol, ...version, "-d", message];
    return runToEnd(tool, [...own, `http://127.0.0.1:${port}/${method}`]);
  });
}
for (const version of ["--http1.1", "--http2-prior-knowledge"]) await withCurl(version);

await server.stop();
await testing.stop();
report.end();
process.exit();

function callsWith(name, find, caller) {
  return withTool(report, name, find, (tool) => checkCalls(name, caller(tool)));
}

async function checkCalls(name, curl) {
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

/** curl itself: Connect's unary calls are plain HTTP. */
async function withCurl(version) {
  const name = `curl ${version}`;
  const curl = (port, path, ...args) => {
    const shown = ["-sS", version, "-w", "\n%{http_code} %{content_type}", ...args];
    return runToEnd("curl", [...shown, `http://127.0.0.1:${port}/${path}`]);
  };
  if ((await runToEnd("curl", ["--version"]).catch(() => ({ code: 1 }))).code !== 0) {
    report.missing(name, "curl is not installed");
    return;
  }
  const json = ["-H", "content-type: application/json", "-d"];
  await report.check(`${name}: a unary call`, async () => {
    const { code, text } = await curl(server.port, "bench.v1.Bench/Unary", ...json, '{"id": 7, "name": "seven"}');
    expect(code === 0 && text.includes('"id":7') && text.includes('"name":"seven"') && text.endsWith("200 application/json"), code, text);
  });
  await report.check(`${name}: an error`, async () => {
    const message = '{"responseStatus": {"code": 5, "message": "not here"}}';
    const { code, text } = await curl(testing.port, "grpc.testing.TestService/UnaryCall", ...json, message);
    expect(code === 0 && /"code":"not_found","message":"not here"/.test(text) && text.endsWith("404 application/json"), code, text);
  });
  await report.check(`${name}: a GET of a method without side effects`, async () => {
    const query = `connect=v1&encoding=json&message=${encodeURIComponent('{"responseSize": 3}')}`;
    const { code, text } = await curl(testing.port, `grpc.testing.TestService/CacheableUnaryCall?${query}`);
    expect(code === 0 && text.includes('"payload"') && text.endsWith("200 application/json"), code, text);
  });
  await report.check(`${name}: a GET of a method that may have some`, async () => {
    const { code, text } = await curl(testing.port, "grpc.testing.TestService/UnaryCall?connect=v1&encoding=json&message=%7B%7D");
    expect(code === 0 && /405/.test(text), code, text);
  });
  await report.check(`${name}: a content-type that nobody knows`, async () => {
    const { code, text } = await curl(server.port, "bench.v1.Bench/Unary", "-H", "content-type: text/csv", "-d", "1,2");
    expect(code === 0 && /415/.test(text), code, text);
  });
}

function expect(condition, code, text) {
  if (!condition) throw new Finding(`exit code ${code}:\n${text}`);
}
