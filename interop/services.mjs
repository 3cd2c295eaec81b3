// Health and reflection as others use them: grpcurl without proto files, grpc_health_probe, grpc-go's health client and server, and a shutdown
// frame by frame.
//   node interop/services.mjs
import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { createClient } from "sluice";
import { connect, serve } from "sluice/node";
import { createHealth, Health, healthCheck, mountHealth, mountReflection, ServerReflection, watchHealth } from "sluice/services";
import { TestService } from "../build/gen/grpc-testing_pb.js";
import { runToEnd, start, startServer } from "./children.mjs";
import { RawConnection } from "./raw/connection.mjs";
import { Flag, frame, Type } from "./raw/frames.mjs";
import { call, envelope } from "./raw/grpc.mjs";
import { Finding, Report } from "./report.mjs";
import { testService } from "./service/test-service.mjs";
import { goPrograms, grpcHealthProbe, grpcurl, withTool } from "./tools.mjs";

const report = new Report({ countsSkips: true });
await shutdownByFrames();
for (const [httpVersion, protocol] of Object.entries({ 1.1: "connect", 2: "grpc-web" })) await shutdownWatched(httpVersion, protocol);
await checkedByCurl();
await withTool(report, "grpcurl", grpcurl, describe);
await withTool(report, "grpc_health_probe", grpcHealthProbe, probe);
await withTool(report, "grpc-go", async () => (await goPrograms()).health, grpcGo);
report.end();
process.exit();

/** A server with both services, for the time of `use`. */
async function serving(use) {
  const health = createHealth();
  const routes = (router) => {
    router.service(TestService, testService);
    mountHealth(router, health);
    mountReflection(router);
  };
  const server = await serve({ routes });
  try {
    return await use({ server, health, address: `127.0.0.1:${server.port}` });
  } finally {
    await server.close({ graceMs: 0 });
  }
}

/** What a connection sends after a shutdown has begun, in order. */
async function shutdownByFrames() {
  await report.check("a shutdown sends NOT_SERVING, then GOAWAY, then the trailers of the watch, then nothing", () =>
    serving(async ({ server }) => {
      const connection = await RawConnection.open(server.port);
      const frames = [];
      let rest = Buffer.alloc(0);
      connection.socket.on("data", (chunk) => {
        rest = Buffer.concat([rest, chunk]);
        for (; rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3); rest = rest.subarray(9 + rest.readUIntBE(0, 3))) {
          frames.push({ type: rest[3], payload: rest.subarray(9, 9 + rest.readUIntBE(0, 3)) });
        }
      });
      connection.write(call(1, "/grpc.health.v1.Health/Watch"), frame(Type.DATA, Flag.END_STREAM, 1, envelope(Buffer.alloc(0))));
      await connection.until(() => frames.some(({ type }) => type === Type.DATA), 5_000);
      expect(frames.find(({ type }) => type === Type.DATA)?.payload.at(-1) === 1, "the watch does not say SERVING first");
      frames.length = 0;
      const began = performance.now();
      const { cutOff } = await server.close({ graceMs: 20_000 });
      const took = performance.now() - began;
      await connection.until(() => connection.ended, 5_000);
      const told = frames.filter(({ type }) => type === Type.DATA || type === Type.GOAWAY || type === Type.HEADERS);
      const names = told.map(({ type, payload }) =>
        type === Type.DATA ? `status ${payload.at(-1)}` : type === Type.GOAWAY ? "GOAWAY" : "trailers",
      );
      expect(names.slice(0, 3).join() === "status 2,GOAWAY,trailers", `the server sent ${names.join(", ")}`);
      expect(
        names.slice(3).every((name) => name === "GOAWAY"),
        `the server sent ${names.join(", ")}`,
      );
      expect(cutOff.length === 0, `the shutdown cut off ${cutOff.length} calls`);
      expect(took < 5_000, `the watch held the shutdown for ${took.toFixed(0)} ms`);
      return names.join(", ");
    }),
  );
}

/** What a client of Sluice hears of a shutdown. */
async function shutdownWatched(httpVersion, protocol) {
  await report.check(`a shutdown over HTTP/${httpVersion} with ${protocol}: the watch hears of it, ends well, and holds nothing`, () =>
    serving(async ({ server }) => {
      const channel = connect(server.url, { httpVersion, protocol });
      const watch = createClient(Health, channel).watch({});
      expect((await watch.receive()).status === 1, "the watch does not say SERVING first");
      const began = performance.now();
      const closed = server.close({ graceMs: 20_000 });
      expect((await watch.receive()).status === 2, "the watch does not hear of the shutdown");
      expect((await watch.outcome).code === "ok", "the watch does not end well");
      await channel.close();
      expect((await closed).cutOff.length === 0, "the shutdown cut it off");
      const took = performance.now() - began;
      expect(took < 5_000, `the watch held the shutdown for ${took.toFixed(0)} ms`);
    }),
  );
}

/** A probe that knows nothing but HTTP. */
async function checkedByCurl() {
  if ((await runToEnd("curl", ["--version"]).catch(() => ({ code: 1 }))).code !== 0) {
    report.missing("curl", "curl is not installed");
    return;
  }
  await report.check("curl asks whether the server serves", () =>
    serving(async ({ server, health }) => {
      const url = `${server.url}/grpc.health.v1.Health/Check`;
      const ask = () => runToEnd("curl", ["-sS", "-H", "content-type: application/json", "-d", "{}", url]);
      const up = await ask();
      expect(up.text === '{"status":"SERVING"}', up.text);
      health.set("", "NOT_SERVING");
      const down = await ask();
      expect(down.text === '{"status":"NOT_SERVING"}', down.text);
    }),
  );
}

async function describe(tool) {
  const versions = { "v1 and v1alpha": undefined, "v1alpha only": ServerReflection.typeName };
  for (const [version, left] of Object.entries(versions)) {
    const name = `grpcurl, ${version}`;
    const server = await serve({
      routes: (router) => {
        router.service(TestService, testService);
        mountHealth(router);
        mountReflection(left === undefined ? router : without(router, left));
      },
    });
    const run = (...args) => runToEnd(tool, ["-plaintext", ...args]);
    const address = `127.0.0.1:${server.port}`;
    await report.check(`${name}: lists the services`, async () => {
      const { code, text } = await run(address, "list");
      const expected = [
        "grpc.health.v1.Health",
        ...(left === undefined ? ["grpc.reflection.v1.ServerReflection"] : []),
        "grpc.reflection.v1alpha.ServerReflection",
        "grpc.testing.TestService",
      ];
      expect(code === 0 && text.trim() === expected.join("\n"), text);
    });
    await report.check(`${name}: lists the methods of one`, async () => {
      const { code, text } = await run(address, "list", "grpc.health.v1.Health");
      expect(code === 0 && text.trim() === ["Check", "List", "Watch"].map((method) => `grpc.health.v1.Health.${method}`).join("\n"), text);
    });
    await report.check(`${name}: describes a service, a method, a message, an enum`, async () => {
      const service = await run(address, "describe", "grpc.testing.TestService");
      expect(
        service.code === 0 && service.text.includes("rpc FullDuplexCall ( stream .grpc.testing.StreamingOutputCallRequest )"),
        service.text,
      );
      const method = await run(address, "describe", "grpc.testing.TestService.UnaryCall");
      expect(method.code === 0 && method.text.includes("is a method"), method.text);
      const message = await run(address, "describe", "grpc.testing.SimpleRequest");
      expect(message.code === 0 && message.text.includes("fill_username = 4"), message.text);
      const enumeration = await run(address, "describe", "grpc.health.v1.HealthCheckResponse.ServingStatus");
      expect(enumeration.code === 0 && enumeration.text.includes("NOT_SERVING = 2"), enumeration.text);
    });
    await report.check(`${name}: says what is not there`, async () => {
      const { code, text } = await run(address, "describe", "grpc.testing.Nothing");
      expect(code !== 0 && /not found/i.test(text), text);
    });
    await report.check(`${name}: calls a method without proto files`, async () => {
      const { code, text } = await run("-d", '{"responseSize": 3}', address, "grpc.testing.TestService/UnaryCall");
      expect(code === 0 && text.includes('"body": "AAAA"'), text);
      const checked = await run("-d", '{"service": "grpc.testing.TestService"}', address, "grpc.health.v1.Health/Check");
      expect(checked.code === 0 && /"status":\s*"SERVING"/.test(checked.text), checked.text);
    });
    await server.close({ graceMs: 0 });
  }
}

/** A router that leaves out one service. */
function without(router, left) {
  return new Proxy(router, {
    get(target, name) {
      if (name === "service") return (service, ...rest) => (service.typeName === left ? target : target.service(service, ...rest));
      const value = target[name];
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

async function probe(tool) {
  await serving(async ({ health, address }) => {
    const run = (...args) => runToEnd(tool, [`-addr=${address}`, ...args]);
    await report.check("grpc_health_probe: a server that serves", async () => {
      for (const args of [[], ["-service=grpc.testing.TestService"]]) {
        const { code, text } = await run(...args);
        expect(code === 0 && text.includes("status: SERVING"), text);
      }
    });
    await report.check("grpc_health_probe: one that does not, and a service that is not known", async () => {
      health.set(TestService, "NOT_SERVING");
      const down = await run("-service=grpc.testing.TestService");
      expect(down.code === 4 && down.text.includes("NOT_SERVING"), `exit code ${down.code}: ${down.text}`);
      const unknown = await run("-service=nothing");
      expect(unknown.code === 3 && /NotFound/.test(unknown.text), `exit code ${unknown.code}: ${unknown.text}`);
    });
  });
}

async function grpcGo(tool) {
  await report.check("grpc-go watches a server until it shuts down", () =>
    serving(async ({ server, health, address }) => {
      const watch = start(tool, ["-watch", address, "-service", "grpc.testing.TestService"]);
      const unknown = start(tool, ["-watch", address, "-service", "group/iface:1.0"]);
      await watch.says(/status SERVING\n/);
      await unknown.says(/status SERVICE_UNKNOWN\n/);
      health.set(TestService, "NOT_SERVING");
      await watch.says(/SERVING\nstatus NOT_SERVING\n/);
      health.clear(TestService);
      await watch.says(/NOT_SERVING\nstatus SERVING\n/);
      const { cutOff } = await server.close({ graceMs: 20_000 });
      expect((await watch.end) === 0 && watch.text().endsWith("status SERVING\nstatus NOT_SERVING\nend OK\n"), watch.text());
      expect((await unknown.end) === 0 && unknown.text() === "status SERVICE_UNKNOWN\nstatus NOT_SERVING\nend OK\n", unknown.text());
      expect(cutOff.length === 0, `the shutdown cut off ${cutOff.length} calls`);
    }),
  );
  await report.check("grpc-go's own health check follows what the server says", () =>
    serving(async ({ health, address }) => {
      const checking = start(tool, ["-check", address, "-service", "grpc.testing.TestService"]);
      try {
        await checking.says(/channel READY\n/);
        health.set(TestService, "NOT_SERVING");
        await checking.says(/channel READY\nchannel TRANSIENT_FAILURE\n/);
        health.set(TestService, "SERVING");
        await checking.says(/channel TRANSIENT_FAILURE\n(channel CONNECTING\n)?channel READY\n/);
      } finally {
        await checking.stop("SIGKILL");
      }
    }),
  );
  await report.check("watchHealth() of a grpc-go server: each change, its shutdown, its end, and a channel without a server", async () => {
    const server = await startServer(tool, ["-serve"]);
    const channel = connect(`http://127.0.0.1:${server.port}`);
    const said = [];
    const next = async (statuses) => said.push((await statuses.next()).value);
    const statuses = watchHealth(channel, { service: "jobs" });
    await next(statuses);
    for (const line of ["SERVING jobs\n", "NOT_SERVING jobs\n", "SERVING jobs\n", "shutdown\n", "stop\n"]) {
      server.write(line);
      await next(statuses);
    }
    await channel.close();
    expect((await statuses.next()).done, "the watch goes on after its channel");
    await server.stop();
    expect(said.join() === "SERVICE_UNKNOWN,SERVING,NOT_SERVING,SERVING,NOT_SERVING,UNKNOWN", said.join());
  });
  await report.check(
    "a channel with healthCheck() makes no calls to a grpc-go server that does not serve, and does when it serves again",
    async () => {
      const server = await startServer(tool, ["-serve"]);
      const backoff = { initialMs: 10, maxMs: 10 };
      const channel = connect(`http://127.0.0.1:${server.port}`, { healthCheck: healthCheck({ service: "jobs" }), backoff });
      const { check } = createClient(Health, channel);
      const unknown = await check({}).catch((error) => error.message);
      expect(/the server says SERVICE_UNKNOWN of jobs/.test(unknown), unknown);
      server.write("SERVING jobs\n");
      expect((await check({}, { waitForReady: true })).status === 1, "no call is made after SERVING");
      server.write("NOT_SERVING jobs\n");
      let error;
      for (let i = 0; i < 500 && error === undefined; i++) await check({}).catch((thrown) => (error = thrown));
      expect(error?.code === "unavailable" && /the server says NOT_SERVING of jobs/.test(error.message), error?.message ?? "calls go on");
      server.write("SERVING jobs\n");
      expect((await check({}, { waitForReady: true })).status === 1, "no call is made after SERVING again");
      await channel.close();
      await server.stop();
    },
  );
  await report.check("grpc-go describes health and both versions of reflection as Sluice does", async () => {
    const server = await startServer(tool, ["-serve"]);
    const channel = connect(`http://127.0.0.1:${server.port}`);
    const names = [Health.typeName, ServerReflection.typeName, ServerReflection.typeName.replace(".v1.", ".v1alpha.")];
    const theirs = await described(channel, names);
    await channel.close();
    await server.stop();
    const ours = await serving(async ({ server: { url } }) => {
      const own = connect(url);
      const files = await described(own, names);
      await own.close();
      return files;
    });
    for (const [i, name] of names.entries()) expect(ours[i] === theirs[i], `${name}:\n${ours[i]}\n${theirs[i]}`);
  });
}

/** What reflection says of the files of these services: what goes over the wire, as text. */
async function described(channel, services) {
  const stream = createClient(ServerReflection, channel).serverReflectionInfo();
  const files = [];
  for (const value of services) {
    await stream.send({ messageRequest: { case: "fileContainingSymbol", value } });
    const { messageResponse } = await stream.receive();
    files.push(essence(fromBinary(FileDescriptorProtoSchema, messageResponse.value.fileDescriptorProto[0])));
  }
  expect((await stream.close()).code === "ok", "the stream did not end well");
  return files;
}

function essence({ name, package: package_, messageType, service }) {
  const messages = messageType.flatMap((message) => [message, ...message.nestedType]);
  const fields = messages.map((message) => {
    const own = message.field.map((field) => [field.name, field.number, field.label, field.type, field.typeName, field.oneofIndex]);
    const enums = message.enumType.map((one) => [one.name, one.value.map((value) => [value.name, value.number])]);
    return JSON.stringify([message.name, own, enums]);
  });
  const methods = service.flatMap((one) =>
    one.method.map((method) =>
      [one.name, method.name, method.inputType, method.outputType, method.clientStreaming, method.serverStreaming].join(),
    ),
  );
  return [name, package_, ...fields.sort(), ...methods.sort()].join("\n");
}

function expect(condition, text) {
  if (!condition) throw new Finding(text);
}
