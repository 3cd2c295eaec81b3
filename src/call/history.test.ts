import assert from "node:assert/strict";
import { test } from "node:test";
import { History } from "./history.js";

class Counted extends History {
  send(bytes: number): void {
    this.countSent(bytes);
  }

  receive(bytes: number): void {
    this.countReceived(bytes);
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
