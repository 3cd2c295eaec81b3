import type { RpcError } from "sluice";
import type { HandlerContext, Responses } from "sluice/server";
import { aborted } from "./world.js";

/** What the server heard of the last call. */
export const heard: { reason: RpcError | undefined; finished: number } = { reason: undefined, finished: 0 };

export async function untilCutOff(context: HandlerContext): Promise<never> {
  heard.reason = (await aborted(context.signal)) as RpcError;
  throw heard.reason;
}

export const parked = {
  unary: (_: unknown, context: HandlerContext) => untilCutOff(context),
  async *server(request: { id: number }, context: HandlerContext) {
    try {
      for (let id = 1; id <= request.id; id++) yield { id };
      await untilCutOff(context);
    } finally {
      heard.finished++;
    }
  },
  client: (_: unknown, context: HandlerContext) => untilCutOff(context),
  async *bidi(requests: AsyncIterable<{ id: number }>, context: HandlerContext) {
    try {
      for await (const { id } of requests) yield { id };
      await untilCutOff(context);
    } finally {
      heard.finished++;
    }
  },
};

let responses: Responses<{ id: number }>;

/** Sends what `respond` is given, and nothing else. */
export const told = {
  async bidi(_: unknown, context: HandlerContext, out: Responses<{ id: number }>) {
    responses = out;
    await untilCutOff(context);
  },
};

export function respond(...ids: number[]): void {
  for (const id of ids) void responses.send({ id });
}

/** Yields for ever. */
export const endless = {
  async *server(request: { body: Uint8Array }) {
    try {
      for (let id = 0; ; id++) yield { id, body: request.body };
    } finally {
      heard.finished++;
    }
  },
};

export function fresh(): void {
  heard.reason = undefined;
  heard.finished = 0;
}
