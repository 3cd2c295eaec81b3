// The same server called by connect-web and by grpc-web's own client.
import { equal, until } from "../../checks.mjs";
import { handlers } from "../servers.mjs";
import { handlerEnded } from "./ends.mjs";

export async function checkConnectWeb({ ask, check }) {
  await check("connect-web's client: unary, stream, error with details, abort", async () => {
    handlers.forget();
    equal(await ask("connectWeb"), { id: 7, count: 100, error: { code: 5, details: ["why"] } });
    await until(() => handlers.ends.length === 1);
  });
}

export async function checkGrpcWeb({ ask, check, skip }, format) {
  await check("a unary call with metadata both ways", async () => {
    equal(await ask("grpcWebUnary", 7), { id: 7, head: "1", trailer: "2" });
  });
  await check("an error with details", async () => {
    const { code, message, details } = await ask("grpcWebUnary", -5);
    equal([code, message], [5, "no such thing: é"]);
    // google.rpc.Status, with the detail's type and bytes in it
    const status = Buffer.from(details, "base64").toString("latin1");
    equal([/bench\.v1\.Payload/.test(status), /why/.test(status)], [true, true]);
  });
  await check("a stream", async () => equal(await ask("grpcWebStream", { id: 100 }), { count: 100 }));
  await check("an error after messages", async () => equal(await ask("grpcWebStream", { id: 3, name: "fail" }), { count: 3, code: 15 }));
  await ask("grpcWebHold");
  await until(() => handlers.running === 1);
  if (format === "text") await check("messages of a stream as they come", async () => equal(await ask("grpcWebFirst"), 0));
  else skip("messages of a stream as they come", "in its binary form this client gives them out when the response has ended");
  await check("cancel: the handler ends within 100 ms", async () => {
    handlers.forget();
    const leftAt = await ask("grpcWebCancel");
    return handlerEnded("cancelled", leftAt);
  });
}
