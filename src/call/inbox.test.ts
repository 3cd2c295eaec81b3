import assert from "node:assert/strict";
import { test } from "node:test";
import { Inbox, type InboxEntry } from "./inbox.js";

function entry(credit: number): InboxEntry {
  return { bytes: new Uint8Array(0), compressed: false, credit };
}

test("messages come out in the order in which they went in, however puts and takes alternate", () => {
  const inbox = new Inbox();
  let put = 0;
  let taken = 0;
  for (let round = 1; round <= 200; round++) {
    for (let i = 0; i < (round * 7) % 13; i++) inbox.push(entry(put++));
    for (let i = 0; i < (round * 5) % 11 && inbox.size > 0; i++) assert.equal(inbox.shift()?.credit, taken++);
    assert.equal(inbox.size, put - taken);
  }
  while (inbox.size > 0) assert.equal(inbox.shift()?.credit, taken++);
  assert.equal(taken, put);
  assert.ok(put > 1_000);
  assert.equal(inbox.shift(), undefined);
});

test("messages that were taken are let go of, also while the inbox is never empty", () => {
  const inbox = new Inbox();
  inbox.push(entry(0));
  for (let i = 0; i < 10_000; i++) {
    inbox.push(entry(0));
    inbox.shift();
  }
  assert.equal(inbox.size, 1);
  assert.ok((inbox as unknown as { entries: unknown[] }).entries.length < 200);
});
