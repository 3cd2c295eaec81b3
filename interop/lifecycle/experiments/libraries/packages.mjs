// The packages of other libraries, where npmPeers of ../../../tools.mjs has put them.
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const require = createRequire(join(process.env.LIFECYCLE_PACKAGES ?? ".", "package.json"));

/** The module of that name, with CommonJS's default unwrapped. */
export async function imported(name) {
  const module = await import(pathToFileURL(require.resolve(name)));
  return module.default ?? module;
}

/** grpc.testing.TestService as @grpc/proto-loader makes it: the client class, with the service definition in `.service`. */
export async function testService() {
  const { loadPackageDefinition } = await imported("@grpc/grpc-js");
  const { loadSync } = await imported("@grpc/proto-loader");
  const proto = fileURLToPath(new URL("../../../../proto/grpc-testing.proto", import.meta.url));
  return loadPackageDefinition(loadSync(proto)).grpc.testing.TestService;
}
