import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { VirtualRuntime } from "../testing/virtual-runtime.js";
import { Framing } from "./framing.js";
import { MAX_WAITING_SENDS } from "./limits.js";
import { Sender } from "./sender.js";

/** Takes so many messages, then says wait. */
class Mark {
  readonly setup = { runtime: new VirtualRuntime() };
  readonly taken: number[] = [];
  room: number;

  constructor(room: number) {
    this.room = room;
  }

  transmit(bytes: Uint8Array): boolean {
    this.taken.push(bytes[0] as number);
    return --this.room > 0;
  }

  /** Whether sends wait, each time that it changed. */
  readonly waits: boolean[] = [];

  onSendsWait(waits: boolean): void {
    this.waits.push(waits);
  }
}

function message(id: number): Uint8Array {
  return Uint8Array.of(id);
}

function over(): Error {
  return new Error("over");
}

test("a send under the mark is accepted at once, one over it when there is room, in order", async () => {
  const mark = new Mark(2);
  const sender = new Sender(mark);
  assert.equal(sender.send(message(1), Framing.plain, undefined), undefined);
  assert.equal(sender.send(message(2), Framing.plain, undefined), undefined);
  const waits = [3, 4, 5].map((id) => sender.send(message(id), Framing.plain, undefined));
  assert.deepEqual(mark.taken, [1, 2]);
  assert.equal(sender.waitingSends, 3);
  mark.room = 2;
  sender.onWritable();
  await Promise.all(waits.slice(0, 2));
  assert.deepEqual(mark.taken, [1, 2, 3, 4]);
  mark.room = 2;
  sender.onWritable();
  await waits[2];
  assert.equal(sender.send(message(6), Framing.plain, undefined), undefined);
  assert.deepEqual(mark.taken, [1, 2, 3, 4, 5, 6]);
});

test("what follows the last message runs once, after everything that waits", () => {
  const mark = new Mark(1);
  const sender = new Sender(mark);
  let ran = 0;
  void sender.send(message(1), Framing.plain, undefined);
  void sender.send(message(2), Framing.plain, undefined);
  sender.finish(() => ran++, over);
  assert.equal(ran, 0);
  mark.room = 5;
  sender.onWritable();
  sender.onWritable();
  assert.equal(ran, 1);
  const idle = new Sender(mark);
  idle.finish(() => ran++, over);
  assert.equal(ran, 2, "at once when nothing waits");
  idle.onWritable();
  assert.equal(ran, 2);
});

test("an aborted send leaves the line and its signal, and what followed it moves on", async () => {
  const mark = new Mark(1);
  const sender = new Sender(mark);
  const abort = new AbortController();
  let ran = 0;
  void sender.send(message(1), Framing.plain, undefined);
  const waiting = sender.send(message(2), Framing.plain, { signal: abort.signal });
  sender.finish(() => ran++, over);
  abort.abort("why");
  await assert.rejects(waiting as Promise<void>, { code: "cancelled", cause: "why" });
  assert.equal(ran, 1);
  assert.deepEqual(mark.waits, [true, false]);
  assert.equal(getEventListeners(abort.signal, "abort").length, 0);
  await assert.rejects(sender.send(message(3), Framing.plain, { signal: abort.signal }) as Promise<void>, { code: "cancelled" });
  assert.deepEqual(mark.taken, [1]);
});

test("an accepted send cannot be aborted, and keeps no listener", async () => {
  const mark = new Mark(1);
  const sender = new Sender(mark);
  const abort = new AbortController();
  void sender.send(message(1), Framing.plain, undefined);
  const waiting = sender.send(message(2), Framing.plain, { signal: abort.signal });
  mark.room = 1;
  sender.onWritable();
  abort.abort();
  await waiting;
  assert.equal(getEventListeners(abort.signal, "abort").length, 0);
});

test("the end rejects everything that waits, takes off listeners, and drops what was to follow", async () => {
  const sender = new Sender(new Mark(1));
  const abort = new AbortController();
  void sender.send(message(1), Framing.plain, undefined);
  const waits = [2, 3].map((id) => sender.send(message(id), Framing.plain, { signal: abort.signal }) as Promise<void>);
  sender.finish(() => assert.fail("nothing follows"), over);
  const reason = over();
  sender.fail(() => reason);
  for (const wait of waits) await assert.rejects(wait, reason);
  assert.equal(getEventListeners(abort.signal, "abort").length, 0);
  sender.onWritable();
});

test("only so many sends may wait", () => {
  const sender = new Sender(new Mark(1));
  for (let i = 0; i <= MAX_WAITING_SENDS; i++) void sender.send(message(1), Framing.plain, undefined);
  assert.throws(() => sender.send(message(1), Framing.plain, undefined), { name: "UsageError" });
  assert.equal(sender.waitingSends, MAX_WAITING_SENDS);
});

test("whoever waits for room is told when the next message would be accepted, and not before what waits has gone", async () => {
  const mark = new Mark(1);
  const sender = new Sender(mark);
  await sender.whenReady();
  void sender.send(message(1), Framing.plain, undefined);
  assert.equal(sender.ready, false);
  const waiting = sender.send(message(2), Framing.plain, undefined);
  const room = sender.whenReady();
  assert.equal(sender.whenReady(), room, "one promise for all who ask");
  let told = false;
  void room.then(() => {
    told = true;
  });
  mark.room = 1;
  sender.onWritable();
  await waiting;
  assert.equal(told, false, "the message that waited took the room");
  sender.onWritable();
  await room;
  assert.equal(sender.ready, true);
  await sender.whenReady();
});

test("whoever waits for room is told why there never will be any", async () => {
  const reason = over();
  for (const end of ["fail", "finish"] as const) {
    const sender = new Sender(new Mark(1));
    void sender.send(message(1), Framing.plain, undefined);
    const room = sender.whenReady();
    if (end === "fail") sender.fail(() => reason);
    else
      sender.finish(
        () => {},
        () => reason,
      );
    await assert.rejects(room, reason);
  }
});

test("a listener hears of room until it is taken off, and of the end once", () => {
  const mark = new Mark(0);
  const sender = new Sender(mark);
  const heard: string[] = [];
  const listener = { onRoom: () => void heard.push("room"), onOver: () => void heard.push("over") };
  sender.listen(listener);
  sender.onWritable();
  sender.onWritable();
  sender.unlisten(listener);
  sender.onWritable();
  sender.listen(listener);
  sender.finish(() => heard.push("last"), over);
  sender.fail(over);
  assert.deepEqual(heard, ["room", "room", "over", "last"]);
});

test("a sender that is held back accepts nothing, and tells of room when what was held has gone", async () => {
  const mark = new Mark(2);
  const sender = new Sender(mark);
  sender.hold();
  assert.equal(sender.ready, false);
  const room = sender.whenReady();
  sender.release(() => void sender.send(message(1), Framing.plain, undefined));
  await room;
  assert.deepEqual(mark.taken, [1]);
});

test("once whoever waited for room has been told, nobody waits for it any more", async () => {
  const mark = new Mark(1);
  const sender = new Sender(mark);
  void sender.send(message(1), Framing.plain, undefined);
  const room = sender.whenReady();
  assert.equal(sender.waits, true);
  mark.room = 1;
  sender.onWritable();
  await room;
  void sender.send(message(2), Framing.plain, undefined);
  assert.deepEqual([sender.ready, sender.waits], [false, false]);
  assert.equal(sender.listeners.length, 0);
});

test("whoever is told of room after another has taken it is not told", async () => {
  const mark = new Mark(1);
  const sender = new Sender(mark);
  void sender.send(message(1), Framing.plain, undefined);
  const taker = { onRoom: () => void sender.send(message(2), Framing.plain, undefined), onOver() {} };
  sender.listen(taker);
  let told = false;
  void sender.whenReady().then(() => {
    told = true;
  });
  mark.room = 1;
  sender.onWritable();
  await null;
  await null;
  assert.deepEqual([mark.taken, told], [[1, 2], false]);
  sender.unlisten(taker);
  sender.onWritable();
  await null;
  await null;
  assert.equal(told, true);
});

test("a send whose signal has aborted is not sent, though there is room", async () => {
  const mark = new Mark(5);
  const sender = new Sender(mark);
  await assert.rejects(sender.send(message(1), Framing.plain, { signal: AbortSignal.abort() }) as Promise<void>, { code: "cancelled" });
  assert.equal(sender.send(message(2), Framing.plain, { timeoutMs: 0 }), undefined, "no time is enough where there is room");
  assert.deepEqual(mark.taken, [2]);
});

test("after the end nothing waits, and no error is made where nothing did", async () => {
  const mark = new Mark(1);
  const sender = new Sender(mark);
  sender.fail(() => assert.fail("nobody is to be told"));
  void sender.send(message(1), Framing.plain, undefined);
  const waiting = sender.send(message(2), Framing.plain, undefined) as Promise<void>;
  sender.fail(over);
  await assert.rejects(waiting, { message: "over" });
  assert.deepEqual([sender.waitingSends, mark.waits], [0, [true, false]]);
});
