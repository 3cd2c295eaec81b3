/** Handlers that give back what they get; `client` answers with the ids as the digits of one number, so that their order shows. */
export const echo = {
  unary: (request: { id: number }) => ({ id: request.id }),
  async *server(request: { id: number }) {
    for (let id = 1; id <= request.id; id++) yield { id };
  },
  async client(requests: AsyncIterable<{ id: number }>) {
    let id = 0;
    for await (const request of requests) id = id * 10 + request.id;
    return { id };
  },
  async *bidi(requests: AsyncIterable<{ id: number }>) {
    for await (const { id } of requests) yield { id };
  },
};

/** The same with other sums: `unary` adds one, `server` counts from 0, `client` adds the ids up. */
export const summing = {
  unary: (request: { id: number }) => ({ id: request.id + 1 }),
  async *server(request: { id: number }) {
    for (let id = 0; id < request.id; id++) yield { id };
  },
  async client(requests: AsyncIterable<{ id: number }>) {
    let id = 0;
    for await (const request of requests) id += request.id;
    return { id };
  },
  async *bidi(requests: AsyncIterable<{ id: number }>) {
    for await (const { id } of requests) yield { id };
  },
};
