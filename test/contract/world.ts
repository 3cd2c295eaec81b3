import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { setImmediate } from "node:timers";
import { type Client, type ClientOptions, createClient, type ProtocolName } from "sluice";
import type { Router, ServiceImplementation, ServiceOptions } from "sluice/server";
import { type InMemory, type InMemoryOptions, inMemory } from "sluice/testing";
import { Bench } from "../../gen/bench_pb.js";
import { CARRIERS, type CarrierName, type ContractCarrier, HALF_DUPLEX } from "./carriers.js";
import { hasPlainUnary } from "./dialect.js";
import { protocolsFor } from "./few-protocols.js";

/** A client and a server that talk over one of the transports, and what a test needs beside them. */
export interface World extends Omit<InMemory, "client" | "settle" | "cut"> {
  readonly carrier: CarrierName;
  readonly protocol: ProtocolName;
  /** The status stands in the body: where a message has gone in part, only a reset can follow it, and what it says is lost but for its kind. */
  readonly statusInBody: boolean;
  readonly client: Client<typeof Bench>;
  /** Whether a response may come before its request has ended. */
  readonly fullDuplex: boolean;
  /** The stream, when the test sends no more and wants responses: where they follow the requests, those have ended. */
  readable<T extends { closeSend(): void }>(stream: T): T;
  /** Breaks every open connection. */
  cut(): void;
  /** Everything that can happen without time has happened. */
  settle(): Promise<void>;
}

export interface WorldOptions extends Omit<InMemoryOptions, "routes" | "transport" | "protocol" | "tripleUnary"> {
  readonly impl?: ServiceImplementation<typeof Bench>;
  readonly service?: ServiceOptions;
  /** Instead of `impl`. */
  readonly routes?: (router: Router) => unknown;
  readonly client?: ClientOptions;
  /** Carriers and protocols that cannot carry this, each with the reason: a limit of theirs, never one of ours. */
  readonly skip?: Partial<Record<CarrierName | ProtocolName, string>>;
  /** Only unary calls are made: Triple carries these without trailers, as plain HTTP. */
  readonly unaryOnly?: boolean;
  /** Known faults: over these the test fails, and this says why. */
  readonly todo?: Partial<Record<CarrierName | ProtocolName, string>>;
  /** Handlers that never come to rest, on purpose. */
  readonly strays?: number;
}

/** Turns of the loop after which a test that has not ended hangs. */
const MAX_TURNS = 3_000;

const unhandled: unknown[] = [];
process.on("unhandledRejection", (reason) => unhandled.push(reason));

/**
 * One guarantee, over every carrier and every protocol that it carries. While the body waits, the virtual runtime runs; time stands still unless
 * the body moves it. Afterwards nothing may be left: no stream, call, handler, timer or connection, and no rejection that nobody handled. Real
 * sockets have no virtual time: their suite is test/live.
 */
export function guarantee(name: string, options: WorldOptions, body: (world: World) => Promise<void>): void {
  for (const protocol of protocolsFor(name)) {
    const plain = options.unaryOnly === true && hasPlainUnary(protocol);
    for (const carrier of CARRIERS.filter(({ leavesOut }) => leavesOut[protocol] === undefined || plain)) {
      const title = `${name} (${protocol}, ${carrier.title})`;
      const because = options.skip?.[carrier.name] ?? options.skip?.[protocol];
      if (because !== undefined) {
        skip(title, because);
        continue;
      }
      const todo = options.todo?.[carrier.name] ?? options.todo?.[protocol];
      test(title, todo === undefined ? {} : { todo }, async () => {
        unhandled.length = 0;
        const world = makeWorld(carrier, options, protocol);
        await drive(world, body(world));
        await checkNothingLeft(world, options.strays ?? 0);
        assert.deepEqual(unhandled, [], "nobody handled a rejection");
      });
    }
  }
}

/** What is skipped in this file, by its reason. */
const skipped = new Map<string, string[]>();

/** One line for all that have the same reason: a run is to be read. */
function skip(title: string, because: string): void {
  const titles = skipped.get(because);
  if (titles !== undefined) {
    titles.push(title);
    return;
  }
  const all = [title];
  skipped.set(because, all);
  // when the file has named them all
  queueMicrotask(() => test(`${all.length} not run, one of them: ${title}`, { skip: because }));
}

function makeWorld(carrier: ContractCarrier, options: WorldOptions, protocol: ProtocolName): World {
  const {
    impl = {},
    service,
    routes = (router) => router.service(Bench, impl, service),
    client,
    skip: _skip,
    unaryOnly: _unaryOnly,
    todo: _todo,
    strays: _strays,
    ...others
  } = options;
  // gRPC's form is gRPC's: what is left to show is the other
  const tripleUnary = protocol === "triple" ? "http" : undefined;
  const channel = { ...carrier.options.channel, ...others.channel };
  const base = inMemory({ ...carrier.options, ...others, channel, protocol, tripleUnary, routes });
  const { cut } = base;
  const fullDuplex = !(carrier.name in HALF_DUPLEX);
  return Object.assign(base, {
    carrier: carrier.name,
    protocol,
    statusInBody: protocol !== "grpc" && protocol !== "triple",
    client: createClient(Bench, base.channel, client),
    fullDuplex,
    readable<T extends { closeSend(): void }>(stream: T): T {
      if (!fullDuplex) stream.closeSend();
      return stream;
    },
    settle: base.idle.bind(base),
    // tests take these out of the world
    advance: base.advance.bind(base),
    cut: () => cut.call(base),
    shutDown: base.shutDown.bind(base),
  });
}

async function drive(world: World, body: Promise<void>): Promise<void> {
  let over = false;
  const watched = body.finally(() => {
    over = true;
  });
  watched.catch(() => {});
  for (let turn = 0; turn < MAX_TURNS && !over; turn++) await world.runtime.settle();
  if (!over) {
    const state = JSON.stringify({ server: world.server.statistics(), channel: world.channel.statistics() });
    assert.fail(`something waits for ever: ${state}`);
  }
  await watched;
}

async function checkNothingLeft(world: World, strays: number): Promise<void> {
  await world.runtime.settle();
  const open = {
    server: { ...world.server.statistics(), openConnections: 0, timers: 0 },
    channel: { ...world.channel.statistics(), openConnections: 0, timers: 0 },
  };
  assert.deepEqual(left(open.server), parked(strays, world.server.statistics().strayHandlers), "the server holds something");
  assert.deepEqual(left(open.channel), {}, "the channel holds something");
  assert.equal(world.runtime.held, 0, "something keeps the process alive");
  void world.channel.close();
  await world.runtime.settle();
  // a peer that is asked to close has 5 s to do so
  if (world.runtime.timers.size > 0) await world.runtime.advanceAndSettle(6_000);
  assert.deepEqual(left(world.server.statistics()), parked(strays, world.server.statistics().strayHandlers), "left after close()");
  assert.deepEqual(left(world.channel.statistics()), {}, "left after close()");
}

/** What a server holds of handlers that never come to rest, on purpose; after 5 s they are strays. */
function parked(strays: number, found: number): Record<string, number> {
  if (strays === 0) return {};
  return found === 0 ? { runningHandlers: strays } : { runningHandlers: strays, strayHandlers: strays };
}

const COUNTED = /^(total|settled|idleTimeouts|abandonedStreams)|Total$/;

/** What is not zero, but for what is counted since the start. */
function left(statistics: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(statistics).filter(([name, value]) => value !== 0 && !COUNTED.test(name)));
}

/** Resolves after the microtasks that wait now. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** How a promise stands now: its value, its error, or `"pending"`. */
export async function stateOf(promise: Promise<unknown>): Promise<{ value: unknown } | { error: unknown } | "pending"> {
  let state: { value: unknown } | { error: unknown } | "pending" = "pending";
  promise.then(
    (value) => {
      state = { value };
    },
    (error) => {
      state = { error };
    },
  );
  await turn();
  return state;
}

/** A promise and the two ends of it. */
export interface Gate<T = void> {
  readonly promise: Promise<T>;
  open(value: T): void;
  fail(error: unknown): void;
}

export function gate<T = void>(): Gate<T> {
  let open!: (value: T) => void;
  let fail!: (error: unknown) => void;
  const promise = new Promise<T>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  promise.catch(() => {});
  return { promise, open, fail };
}

/** Waits until the signal aborts; gives the reason. */
export function aborted(signal: { readonly aborted: boolean; readonly reason: unknown }): Promise<unknown> {
  const target = signal as AbortSignal;
  return new Promise((resolve) => {
    if (target.aborted) resolve(target.reason);
    else target.addEventListener("abort", () => resolve(target.reason), { once: true });
  });
}

export function listeners(signal: AbortSignal): number {
  return getEventListeners(signal, "abort").length;
}

/** The names of metadata, but for what HTTP/1.1 adds by itself (RFC 9110 §6.6.1). */
export function namesIn(metadata: Iterable<[name: string, value: unknown]>): string[] {
  return [...metadata].map(([name]) => name).filter((name) => name !== "date");
}

/** Checks an error by its code, and by a part of its message. */
export function code(expected: string | number, message?: RegExp): (error: unknown) => true {
  return (error) => {
    assert.equal((error as { code?: unknown }).code, expected, `${error}`);
    if (message !== undefined) assert.match((error as Error).message, message);
    return true;
  };
}

/** The ids of what a stream gives, to its end. */
export async function idsOf(messages: AsyncIterable<{ readonly id: number }>): Promise<number[]> {
  const ids: number[] = [];
  for await (const { id } of messages) ids.push(id);
  return ids;
}

/** Bytes that no compression makes much of, the same each time. */
export function bytes(length: number): Uint8Array {
  const all = new Uint8Array(length);
  let state = 1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    all[i] = state >>> 16;
  }
  return all;
}
