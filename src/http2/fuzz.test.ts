import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_FIELDS } from "../base/field.js";
import { bytesOf, End, NO_BYTES, RESPONSE, seeded, TRAILERS } from "../testing/engine/engine-pair.js";
import {
  data,
  frame,
  goaway,
  headers,
  ping,
  priority,
  REQUEST_BLOCK,
  RESPONSE_BLOCK,
  rstStream,
  setting,
  settings,
  settingsAck,
  TRAILER_BLOCK,
  windowUpdate,
} from "../testing/engine/raw-peer.js";
import { PREFACE } from "./frame/frame-type.js";

/** A conversation that is valid, from which mutations are made. */
function conversation(role: "client" | "server", random: () => number): Uint8Array[] {
  const frames = role === "server" ? [PREFACE, settings(), settingsAck()] : [settings(setting(3, 50)), settingsAck()];
  const id = () => 1 + 2 * Math.floor(random() * 6);
  const block = role === "server" ? REQUEST_BLOCK : RESPONSE_BLOCK;
  const makers: (() => Uint8Array)[] = [
    () => headers(id(), random() < 0.3, block),
    () => headers(id(), true, TRAILER_BLOCK),
    () => headers(id(), false, [...block, 0x40, 0x01, 0x61, 0x83, 0x1c, 0x64, 0x9f]),
    () => data(id(), "x".repeat(Math.floor(random() * 300)), random() < 0.3),
    () => rstStream(id(), Math.floor(random() * 16)),
    () => windowUpdate(random() < 0.5 ? 0 : id(), 1 + Math.floor(random() * 1_000)),
    () => settings(setting(1 + Math.floor(random() * 6), 20_000)),
    () => ping(Math.floor(random() * 1e6), random() < 0.5),
    () => frame(0x6, 1, 0, [2, 4, 16, 16, 9, 14, 7, 7]),
    () => frame(0x6, 1, 0, [1, 6, 1, 8, 0, 3, 3, 9]),
    () => priority(id(), 0),
    () => Uint8Array.from([...frame(0x1, 0, 13, block.slice(0, 3)), ...frame(0x9, 4, 13, block.slice(3))]),
    () => frame(0x1, 0x2c, id(), [2, 0, 0, 0, 0, 9, ...block, 0, 0]),
    () => frame(0x0, 0x8, id(), [3, 0x61, 0x62, 0, 0, 0]),
    () => goaway(Math.floor(random() * 20), 0, "bye"),
    () => frame(0x33, 7, id(), [1, 2, 3]),
  ];
  for (let i = 0; i < 30; i++) frames.push((makers[Math.floor(random() * makers.length)] as () => Uint8Array)());
  return frames;
}

function mutate(bytes: Uint8Array, random: () => number): Uint8Array {
  let result = bytes.slice();
  for (let i = Math.floor(random() * 4); i > 0; i--) {
    const at = Math.floor(random() * result.length);
    const kind = random();
    if (kind < 0.5) result[at] = Math.floor(random() * 256);
    else if (kind < 0.7) result[at] = (result[at] as number) ^ (1 << Math.floor(random() * 8));
    else if (kind < 0.85) result = Uint8Array.from([...result.subarray(0, at), ...result.subarray(at + 1 + Math.floor(random() * 5))]);
    else result = Uint8Array.from([...result.subarray(0, at), Math.floor(random() * 256), ...result.subarray(at)]);
  }
  return result;
}

/** Feeds an engine whose users do whatever comes to mind; the engine must not throw, and hold nothing when it is lost. */
function run(role: "client" | "server", seed: number): void {
  const random = seeded(seed);
  const end = new End(role, 1, { initialWindowBytes: random() < 0.5 ? 65_535 : 100 });
  let now = 1;
  const body = new Uint8Array(200_000);
  end.onStreamHook = (user) => {
    user.reads = random() < 0.8;
    user.keepText = false;
    const act = () => {
      const choice = random();
      if (choice < 0.2) user.stream.respond(RESPONSE, NO_FIELDS, NO_BYTES, bytesOf("ok"), TRAILERS, NO_FIELDS);
      else if (choice < 0.3) user.stream.respond(RESPONSE, NO_FIELDS, NO_BYTES, body, TRAILERS, NO_FIELDS);
      else if (choice < 0.4) user.stream.sendHead(RESPONSE, NO_FIELDS, random() < 0.3);
      else if (choice < 0.6) user.stream.sendData(bytesOf("12345"), body.subarray(0, Math.floor(random() * 70_000)), random() < 0.3);
      else if (choice < 0.7) user.stream.sendTrailers(TRAILERS, NO_FIELDS);
      else if (choice < 0.75) user.stream.reset(random() < 0.5 ? 0 : 8);
      else if (choice < 0.8) user.stream.discardQueued();
      else if (choice < 0.85) user.stream.consume(Math.floor(random() * 1_000));
      else if (choice < 0.86) end.engine.drain("fuzz", now);
    };
    user.onDataHook = act;
    user.onHeadHook = act;
    user.onWritableHook = act;
    act();
  };
  if (role === "client") {
    for (let i = 0; i < 6 && end.engine.capacity > 0; i++) {
      const user = end.opened();
      end.users.push(user);
      user.stream.sendHead(RESPONSE, NO_FIELDS, random() < 0.3);
      end.onStreamHook(user, RESPONSE, false);
    }
  }
  const valid = conversation(role, random);
  const from = random() < 0.8 ? (role === "server" ? 3 : 2) : 0;
  const bytes = Uint8Array.from(valid.flatMap((part, i) => [...(i < from ? part : mutate(part, random))]));
  for (let at = 0; at < bytes.length; ) {
    const count = random() < 0.3 ? 1 : 1 + Math.floor(random() * 200);
    now += random() * 300;
    end.engine.receive(bytes.slice(at, at + count), now);
    at += count;
    if (random() < 0.2 && end.engine.nextTimeout() <= now) end.engine.handleTimeout(now);
    if (random() < 0.1) end.engine.outputBlocked(now);
    if (random() < 0.3) {
      end.output(now);
      end.engine.outputDrained(now);
    }
    if (random() < 0.5) {
      end.turnAsked = false;
      end.engine.beginTurn(now);
    }
  }
  end.engine.lost("the end of the fuzz", now);
  assert.ok(end.closed !== undefined);
  assert.equal(end.engine.openStreams, 0);
  assert.equal(end.engine.slots, 0);
  assert.equal(end.budget.used, 0);
  assert.equal(end.engine.statistics.queuedBytes, 0);
  for (const user of end.users) assert.ok(user.end !== undefined);
}

for (const role of ["server", "client"] as const) {
  test(`a ${role} fed with mutations of valid bytes never throws, ends every stream, holds nothing afterwards`, () => {
    for (let seed = 1; seed <= 1_500; seed++) {
      try {
        run(role, seed);
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
    }
  });
}
