import assert from "node:assert/strict";
import { test } from "node:test";
import { create, createFileRegistry, type DescFile, fromBinary, type MessageInitShape, type MessageShape } from "@bufbuild/protobuf";
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";
import { type BidiCall, createClient } from "sluice";
import { mountHealth, mountReflection, ServerReflection } from "sluice/services";
import { type InMemory, inMemory } from "sluice/testing";
import { Bench } from "../../gen/bench_pb.js";
import { ConformanceService } from "../../gen/connectrpc/conformance/v1/service_pb.js";
import { ServerReflection as AlphaServerReflection } from "../../src/services/gen/grpc/reflection/v1alpha/reflection_pb.js";
import { HALF_DUPLEX } from "../contract/carriers.js";
import { code, guarantee } from "../contract/world.js";

type Request = MessageInitShape<typeof ServerReflection.method.serverReflectionInfo.input>;
type Response = MessageShape<typeof ServerReflection.method.serverReflectionInfo.output>;
type Asked = NonNullable<Request["messageRequest"]>;

/** Two extensions of a message, in a file that no service imports. */
const EXTENSIONS: DescFile = fileOf({
  name: "test/extensions.proto",
  package: "test",
  syntax: "proto2",
  messageType: [{ name: "Extended", extensionRange: [{ start: 100, end: 200 }] }, { name: "Plain" }],
  extension: [
    { name: "first", number: 150, extendee: ".test.Extended", type: Type.STRING, label: Label.OPTIONAL },
    { name: "second", number: 120, extendee: ".test.Extended", type: Type.INT32, label: Label.OPTIONAL },
  ],
});

function fileOf(init: MessageInitShape<typeof FileDescriptorProtoSchema>): DescFile {
  return createFileRegistry(create(FileDescriptorProtoSchema, init), () => undefined).getFile(init.name ?? "") as DescFile;
}

/** One test, against both versions, which nobody tells apart but by the path. */
function reflected(title: string, body: (world: InMemory, stream: BidiCall<Request, Response>) => Promise<void>): void {
  for (const service of [ServerReflection, AlphaServerReflection]) {
    test(`${service.typeName}: ${title}`, async () => {
      await using world = inMemory({
        routes(router) {
          router.service(Bench, {});
          mountReflection(router, { files: [EXTENSIONS] });
          router.service(ConformanceService, {});
          mountHealth(router);
        },
      });
      const stream = world.client(service as typeof ServerReflection).serverReflectionInfo();
      await body(world, stream);
      stream.cancel();
    });
  }
}

async function ask(world: InMemory, stream: BidiCall<Request, Response>, messageRequest: Asked): Promise<Response["messageResponse"]> {
  void stream.send({ host: "here", messageRequest });
  const response = await world.settle(stream.receive());
  assert.ok(response);
  assert.equal(response.validHost, "here");
  assert.equal(response.originalRequest?.host, "here");
  assert.equal(response.originalRequest?.messageRequest.case, messageRequest.case);
  return response.messageResponse;
}

/** The files of an answer. */
function filesIn(answer: Response["messageResponse"]): FileDescriptorProto[] {
  assert.equal(answer.case, "fileDescriptorResponse");
  return (answer.value as { fileDescriptorProto: Uint8Array[] }).fileDescriptorProto.map((bytes) =>
    fromBinary(FileDescriptorProtoSchema, bytes),
  );
}

function notFound(answer: Response["messageResponse"], message: RegExp): void {
  assert.equal(answer.case, "errorResponse");
  const { errorCode, errorMessage } = answer.value as { errorCode: number; errorMessage: string };
  assert.equal(errorCode, 5);
  assert.match(errorMessage, message);
}

reflected("lists every service of the server, those that were added after it too", async (world, stream) => {
  const answer = await ask(world, stream, { case: "listServices", value: "*" });
  assert.deepEqual(
    (answer.value as { service: { name: string }[] }).service.map(({ name }) => name),
    [
      "bench.v1.Bench",
      "connectrpc.conformance.v1.ConformanceService",
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
    ],
  );
});

reflected("a file comes with all that it imports, from which the service can be made again", async (world, stream) => {
  const { file } = ConformanceService;
  const files = filesIn(await ask(world, stream, { case: "fileByFilename", value: file.proto.name }));
  assert.equal(files[0]?.name, file.proto.name);
  assert.ok(files.some(({ name }) => name === "google/protobuf/any.proto"));
  assert.equal(new Set(files.map(({ name }) => name)).size, files.length, "each once");
  const again = createFileRegistry(files[0], (name) => files.find((one) => one.name === name)).getService(ConformanceService.typeName);
  assert.deepEqual(
    again?.methods.map(({ name, methodKind, input, output }) => [name, methodKind, input.typeName, output.typeName]),
    ConformanceService.methods.map(({ name, methodKind, input, output }) => [name, methodKind, input.typeName, output.typeName]),
  );
});

reflected("what a stream has had is not sent again as an import, only when it is asked for", async (world, stream) => {
  const name = ConformanceService.file.proto.name;
  const first = filesIn(await ask(world, stream, { case: "fileByFilename", value: name }));
  assert.ok(first.length > 1);
  const second = filesIn(await ask(world, stream, { case: "fileByFilename", value: name }));
  assert.deepEqual(
    second.map((file) => file.name),
    [name],
  );
  const other = world.client(ServerReflection).serverReflectionInfo();
  assert.equal(filesIn(await ask(world, other, { case: "fileByFilename", value: name })).length, first.length);
  other.cancel();
});

reflected("symbols of every kind lead to their file", async (world, stream) => {
  const symbols: Readonly<Record<string, string>> = {
    "bench.v1.Bench": "bench.proto",
    "bench.v1.Bench.Unary": "bench.proto",
    "bench.v1.Payload": "bench.proto",
    "bench.v1.Payload.name": "bench.proto",
    "grpc.health.v1.HealthCheckResponse.ServingStatus": "grpc/health/v1/health.proto",
    // a value of an enum stands beside it
    "grpc.health.v1.HealthCheckResponse.NOT_SERVING": "grpc/health/v1/health.proto",
    "grpc.reflection.v1.ServerReflectionRequest.message_request": "grpc/reflection/v1/reflection.proto",
    "google.protobuf.Any": "google/protobuf/any.proto",
    "test.first": "test/extensions.proto",
  };
  for (const [symbol, file] of Object.entries(symbols)) {
    assert.equal(filesIn(await ask(world, stream, { case: "fileContainingSymbol", value: symbol }))[0]?.name, file, symbol);
  }
  for (const symbol of ["bench.v1", "bench.v1.Bench.Nothing", ".bench.v1.Bench", "", "__proto__"]) {
    notFound(await ask(world, stream, { case: "fileContainingSymbol", value: symbol }), /^no file declares/);
  }
  notFound(await ask(world, stream, { case: "fileByFilename", value: "nothing.proto" }), /^there is no file nothing\.proto$/);
});

reflected("extensions are found by the message and number, and their numbers are listed", async (world, stream) => {
  const asked = (containingType: string, extensionNumber: number): Asked => ({
    case: "fileContainingExtension",
    value: { $typeName: "grpc.reflection.v1.ExtensionRequest", containingType, extensionNumber },
  });
  assert.equal(filesIn(await ask(world, stream, asked("test.Extended", 150)))[0]?.name, "test/extensions.proto");
  notFound(await ask(world, stream, asked("test.Extended", 151)), /no file declares an extension 151 of test\.Extended/);
  notFound(await ask(world, stream, asked("test.Nothing", 150)), /of test\.Nothing/);
  const numbers = async (value: string) => (await ask(world, stream, { case: "allExtensionNumbersOfType", value })).value;
  assert.deepEqual(((await numbers("test.Extended")) as { extensionNumber: number[] }).extensionNumber, [120, 150]);
  assert.deepEqual(((await numbers("test.Plain")) as { extensionNumber: number[] }).extensionNumber, []);
  notFound(await ask(world, stream, { case: "allExtensionNumbersOfType", value: "test.Nothing" }), /test\.Nothing/);
});

reflected("a name is at most 4 KiB long, and not said back whole in the error", async (world, stream) => {
  notFound(await ask(world, stream, { case: "fileContainingSymbol", value: "a".repeat(4_000) }), /^no file declares a{200}…$/);
  void stream.send({ messageRequest: { case: "fileByFilename", value: "a".repeat(4_100) } });
  await assert.rejects(world.settle(stream.receive()), code("resource_exhausted"));
});

reflected("a request that asks for nothing ends the stream with invalid_argument", async (world, stream) => {
  await ask(world, stream, { case: "listServices", value: "" });
  void stream.send({});
  await assert.rejects(world.settle(stream.receive()), code("invalid_argument", /message_request/));
});

reflected("the stream ends with its requests", async (world, stream) => {
  await ask(world, stream, { case: "listServices", value: "" });
  stream.closeSend();
  assert.equal(await world.settle(stream.receive()), undefined);
});

guarantee(
  "C12: a tool that holds its reflection stream does not hold a shutdown",
  { routes: mountReflection, skip: HALF_DUPLEX },
  async (world) => {
    const stream = createClient(ServerReflection, world.channel).serverReflectionInfo();
    void stream.send({ messageRequest: { case: "listServices", value: "" } });
    assert.equal((await stream.receive())?.messageResponse.case, "listServicesResponse");
    const down = world.shutDown(600_000);
    assert.equal(await stream.receive(), undefined);
    assert.equal((await stream.outcome).code, "ok");
    await world.advance(5_000);
    assert.deepEqual((await down).cutOff, []);
  },
);
