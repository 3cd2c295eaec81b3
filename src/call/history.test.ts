import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import type { Runtime } from "../base/runtime.js";
import { VirtualRuntime } from "../testing/virtual-runtime.js";
import { CallEvent, EVENT_WORDS, FIRST_EVENT, Value } from "./call-event.js";
import { History } from "./history.js";
import { isEvent, packEvent, packValue } from "./packed-timeline.js";

const runtime = new VirtualRuntime();

class Counted extends History {
  private later = 0;

  protected get runtime(): Runtime {
    return this.later === 0 ? runtime : Object.create(runtime, { turnTime: { value: () => this.began + this.later } });
  }

  send(bytes: number): void {
    this.countSent(bytes);
  }

  receive(bytes: number): void {
    this.countReceived(bytes);
  }

  note(event: number): void {
    this.record(event);
  }

  noteValue(kind: number, value: number): void {
    this.recordValue(kind, value);
  }

  wait(waits: boolean): void {
    this.recordSendWaits(waits);
  }

  /** Records an event at so many ms after it began. */
  at(ms: number, event: number): void {
    this.later = ms;
    this.record(event);
    this.later = 0;
  }
}

test("messages and bytes are counted each way, and bytes beyond a small integer exactly", () => {
  const history = new Counted(12.7);
  assert.equal(history.began, 12);
  history.send(5);
  history.send(2 ** 30 - 6);
  assert.equal(history.bytesSent, 2 ** 30 - 1);
  history.send(3 * 2 ** 30 + 2);
  assert.equal(history.bytesSent, 4 * 2 ** 30 + 1);
  for (let i = 0; i < 100; i++) history.receive(2 ** 32 - 1);
  assert.equal(history.bytesReceived, 100 * (2 ** 32 - 1));
  assert.deepEqual([history.messagesSent, history.messagesReceived], [3, 100]);
});

test("a timeline holds the first events and the last, and says how many it left out between", () => {
  const history = new Counted(runtime.now());
  assert.equal(String(history.timeline), "+0 ms opened");
  for (let i = 0; i < 100; i++) {
    runtime.advance(1);
    history.note(i === 50 ? CallEvent.peerReset : CallEvent.halfClosed);
    if (i === 3 || i === 99) history.noteValue(Value.errorCode, 8);
  }
  const { entries, dropped } = history.timeline;
  assert.equal(dropped, 100 - 4 - 27);
  assert.deepEqual(
    entries.map(({ atMs }) => atMs),
    [0, 1, 2, 3, 4, ...Array.from({ length: 27 }, (_, i) => 74 + i)],
  );
  const text = String(history.timeline);
  assert.match(text, /^\+0 ms opened; \+1 ms half-closed; .*; \+4 ms half-closed; \(69 left out\); \+74 ms half-closed; /);
  assert.match(text, /; \+100 ms half-closed CANCEL$/);
});

test("what belongs to an event stays with it, also where the first entries end", () => {
  const history = new Counted(runtime.now());
  for (let i = 0; i < 4; i++) history.note(CallEvent.requestSent);
  history.noteValue(Value.attempt, 4);
  history.noteValue(Value.unread, 1);
  history.note(CallEvent.lost);
  const text =
    "request sent; +0 ms request sent; +0 ms request sent; +0 ms request sent, attempt 4, 1 message unread; +0 ms connection lost";
  assert.equal(String(history.timeline), `+0 ms opened; +0 ms ${text}`);
  assert.deepEqual(history.timeline.entries.at(-2), { atMs: 0, event: "request sent", detail: "attempt 4, 1 message unread" });
  assert.equal(JSON.stringify(history.timeline), JSON.stringify(history.timeline.entries));
  assert.equal(inspect(history.timeline), String(history.timeline));
});

test("times are exact to the ms for hours, then to the second for months", () => {
  const history = new Counted(runtime.now());
  const times = [16_777_215, 16_777_216, 16_777_999, 100_000_499, 90 * 86_400_000, 400 * 86_400_000];
  for (const at of times) history.at(at, CallEvent.halfClosed);
  assert.deepEqual(
    history.timeline.entries.slice(1).map(({ atMs }) => atMs),
    [16_777_215, 16_777_000, 16_777_000, 100_000_000, 90 * 86_400_000, (2 ** 24 - 1) * 1_000],
  );
});

test("sends that wait are one entry, however often they do", () => {
  const history = new Counted(runtime.now());
  runtime.advance(3);
  history.wait(true);
  runtime.advance(40);
  assert.equal(String(history.timeline), "+0 ms opened; +3 ms send waits for room, 40 ms", "also while they wait");
  history.wait(false);
  assert.equal(String(history.timeline), "+0 ms opened; +3 ms send waits for room, 40 ms");
  for (let i = 0; i < 11; i++) {
    history.wait(true);
    runtime.advance(10);
    history.wait(false);
    runtime.advance(10);
  }
  assert.equal(String(history.timeline), "+0 ms opened; +3 ms send waits for room, 12 times, 150 ms in all");
});

test("entries are small integers, and every event has its words", () => {
  for (const event of Object.values(CallEvent)) {
    assert.equal(typeof EVENT_WORDS[event], "string");
    assert.ok(event >= FIRST_EVENT && event < 32);
    assert.ok(packEvent(event, Number.MAX_SAFE_INTEGER) < 2 ** 30, "a small integer where they have 31 bits");
    assert.ok(isEvent(packEvent(event, 0)) && packEvent(event, 0) > 0);
  }
  for (const value of Object.values(Value)) {
    assert.ok(value > 0 && !isEvent(packValue(value, 2 ** 40)));
    assert.ok(packValue(value, 2 ** 40) < 2 ** 30 && packValue(value, 2 ** 40) > 0);
  }
});

test("a wait that begins with the call is told as any other, while it lasts and after it", () => {
  const history = new Counted(runtime.now());
  history.wait(true);
  runtime.advance(7);
  assert.equal(String(history.timeline), "+0 ms opened; +0 ms send waits for room, 7 ms");
  history.wait(false);
  runtime.advance(7);
  assert.equal(String(history.timeline), "+0 ms opened; +0 ms send waits for room, 7 ms");
});

test("an event that is left out takes its values with it", () => {
  const history = new Counted(runtime.now());
  for (let i = 0; i < 40; i++) {
    history.note(CallEvent.requestSent);
    history.noteValue(Value.attempt, i);
    history.noteValue(Value.unread, i);
  }
  const { entries, dropped } = history.timeline;
  assert.equal(entries.length + dropped, 41);
  const attempts = entries.map(({ detail }) => Number(/^attempt (\d+), /.exec(detail ?? "")?.[1]));
  // the second event is the last of the first entries, its values are not
  assert.deepEqual([attempts[1], attempts.slice(3)], [0, Array.from({ length: 9 }, (_, i) => 31 + i)]);
});

test("values that belong to no event that is left are not told", () => {
  const history = new Counted(runtime.now());
  for (let i = 0; i < 4; i++) history.note(CallEvent.requestSent);
  for (let i = 0; i < 60; i++) history.noteValue(Value.attempt, i);
  history.note(CallEvent.lost);
  assert.match(String(history.timeline), /^\+0 ms opened; .*; \+0 ms connection lost$/);
});
