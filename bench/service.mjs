// What bench.v1.Bench does, on Sluice's public API. The peers' servers (bench/peers) do the same.
import { create } from "@bufbuild/protobuf";
import { createBroadcast } from "sluice";
import { PayloadSchema } from "../build/gen/bench_pb.js";

/** Counts of this process's handlers, and when the last one was cancelled (CLOCK_MONOTONIC in ns). */
export const handlers = { exits: 0, cancelled: 0, lastExit: 0n };

/** `style`: how the two methods that answer with a stream are written, "push" (`out.send`) or "generator" (`yield`). */
export function benchService(style) {
  return style === "generator" ? { unary, client, server: serverGenerator, bidi: bidiGenerator } : { unary, client, server, bidi };
}

/** Echoes. The name "cancel-clock" asks when the stream of that id was cancelled: `nums[0]`, CLOCK_MONOTONIC in nanoseconds. */
function unary(request) {
  handlers.exits++;
  if (request.name !== "cancel-clock") return request;
  const at = cancelledAt.get(request.id) ?? 0n;
  cancelledAt.delete(request.id);
  return create(PayloadSchema, { id: request.id, nums: [at] });
}

/** Counts the messages. */
async function client(requests) {
  let finished = false;
  try {
    let id = 0;
    while ((await requests.receive()) !== undefined) id++;
    finished = true;
    return create(PayloadSchema, { id });
  } finally {
    exit(!finished);
  }
}

/**
 * Sends `id` copies of the request, or one every `nums[0]` ms when `id` is negative; "mute": nothing until the call ends;
 * "break-clock": one, and the time at which the call's end brought the handler to its `finally`; "broadcast": the request, as fast as
 * all such streams of this process take it.
 */
async function server(request, ctx, out) {
  let finished = false;
  try {
    if (request.name === "mute") await cut(ctx);
    if (request.name === "broadcast") await joinBroadcast(request, out);
    if (request.name === "break-clock") {
      await out.send(request);
      await noteEnd(request, ctx);
    }
    for (let i = 0; i < request.id; i++) {
      const full = out.send(request);
      if (full !== undefined) await full; // undefined: there is room, go on at once
    }
    if (request.id < 0) for await (const _ of ticks(request, ctx)) await out.send(request);
    finished = true;
  } finally {
    exit(!finished);
  }
}

async function* serverGenerator(request, ctx) {
  let finished = false;
  try {
    if (request.name === "mute") await cut(ctx);
    if (request.name === "break-clock") {
      yield request;
      await noteEnd(request, ctx);
    }
    for (let i = 0; i < request.id; i++) yield request;
    if (request.id < 0) for await (const _ of ticks(request, ctx)) yield request;
    finished = true;
  } finally {
    exit(!finished);
  }
}

/** Echoes. The first message's name may be "hold" (stay open after the half-close), "mute" (answer nothing) or "cancel-clock". */
async function bidi(requests, ctx, out) {
  let finished = false;
  let mode;
  try {
    for await (const request of requests) {
      mode ??= request.name;
      if (mode === "mute") continue;
      const full = out.send(request);
      if (full !== undefined) await full;
      if (mode === "cancel-clock") await noteCancel(request, ctx);
    }
    if (mode === "hold" || mode === "mute") await cut(ctx);
    finished = true;
  } finally {
    exit(!finished);
  }
}

async function* bidiGenerator(requests, ctx) {
  let finished = false;
  let mode;
  try {
    for await (const request of requests) {
      mode ??= request.name;
      if (mode === "mute") continue;
      yield request;
      if (mode === "cancel-clock") await noteCancel(request, ctx);
    }
    if (mode === "hold" || mode === "mute") await cut(ctx);
    finished = true;
  } finally {
    exit(!finished);
  }
}

const broadcast = createBroadcast(PayloadSchema, { slowReader: "wait" });
let broadcasting = false;

/** The stream is one of the broadcast's until it ends; while there are any, the first one's request is sent to all. */
async function joinBroadcast(request, out) {
  const left = broadcast.join(out);
  if (!broadcasting) void sendToAll(request);
  await left;
}

async function sendToAll(message) {
  broadcasting = true;
  while (broadcast.size > 0) {
    const full = broadcast.send(message);
    if (full !== undefined) await full;
  }
  broadcasting = false;
}

const cancelledAt = new Map();

/** Waits for the signal, and keeps the time at which it came: the client that cancelled reads the same clock. */
async function noteCancel(request, ctx) {
  await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve, { once: true }));
  cancelledAt.set(request.id, process.hrtime.bigint());
  throw ctx.signal.reason;
}

/** Waits for the end of the call, and keeps the time at which it let the handler go: what `<-ctx.Done()` is in the Go servers. */
async function noteEnd(request, ctx) {
  try {
    await ctx.done;
  } finally {
    cancelledAt.set(request.id, process.hrtime.bigint());
  }
  throw ctx.signal.reason;
}

/** Waits for the end of the call, and throws why it ended. */
async function cut(ctx) {
  await ctx.done;
  throw ctx.signal.reason;
}

/** One tick every `nums[0]` ms (default 1) until the call ends. */
async function* ticks(request, ctx) {
  const every = Number(request.nums[0] ?? 1n);
  let timer;
  try {
    while (!ctx.signal.aborted) {
      await Promise.race([new Promise((resolve) => (timer = setTimeout(resolve, every))), ctx.done]);
      if (!ctx.signal.aborted) yield;
    }
    throw ctx.signal.reason;
  } finally {
    clearTimeout(timer);
  }
}

function exit(cancelled) {
  handlers.exits++;
  if (!cancelled) return;
  handlers.cancelled++;
  handlers.lastExit = process.hrtime.bigint();
}
