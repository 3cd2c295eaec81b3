import { RpcError } from "sluice";
import { serve } from "sluice/node";
import { Greeter } from "./gen/greet_pb.js";

const server = await serve({
  port: 8080,
  routes: (router) =>
    router.service(Greeter, {
      // unary: a request in, a response out
      greet(request) {
        if (request.name === "") throw new RpcError("invalid_argument", "name is empty");
        return { text: `Hello, ${request.name}!` };
      },
      // server-streaming: a generator
      async *count(request) {
        for (let value = 1; value <= request.to; value++) yield { value };
      },
      // client-streaming: requests are an async iterable
      async sum(numbers) {
        let value = 0;
        for await (const number of numbers) value += number.value;
        return { value };
      },
      // bidi: the other way to send, push; `send` waits while the client does not read
      async talk(requests, _context, out) {
        for await (const request of requests) await out.send({ text: `Hello, ${request.name}!` });
      },
    }),
});
console.log(`listening on ${server.url}`);
