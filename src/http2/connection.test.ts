import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrorCode } from "../base/error-code.js";
import { NO_FIELDS } from "../base/field.js";
import { bytesOf, NO_BYTES, Pair, RESPONSE, seeded, TRAILERS, type User } from "../testing/engine/engine-pair.js";
import { RawPeer, settings } from "../testing/engine/raw-peer.js";
import { PREFACE } from "./frame/frame-type.js";

function answer(user: User, text: string): void {
  user.stream.respond(RESPONSE, NO_FIELDS, NO_BYTES, bytesOf(text), TRAILERS, NO_FIELDS);
}

test("a request and its response, both whole", () => {
  const pair = new Pair();
  pair.server.onStreamHook = (user) => {
    user.onDataHook = (_user, fin) => {
      if (fin) answer(user, `you said ${user.text}`);
    };
  };
  const user = pair.client.request();
  user.stream.sendData(bytesOf("he"), bytesOf("llo"), true);
  pair.run();
  assert.equal(user.text, "you said hello");
  assert.equal(user.trailers?.[0]?.value, "0");
  assert.deepEqual(user.events, ["head", "data", "trailers", "end complete"]);
  assert.deepEqual(pair.server.users[0]?.events, ["data+end", "end complete"]);
  assert.equal(pair.client.ready, 1);
  pair.assertClean();
});

for (const [name, options] of [
  ["whole reads", {}],
  ["one byte a read", { maxRead: 1 }],
  ["random reads and delays", { maxRead: 40, delayMs: 1, jitterMs: 10 }],
  ["a link that blocks", { linkBytes: 20_000, maxRead: 5_000, delayMs: 2 }],
] as const) {
  test(`many streams echo bodies of many sizes: ${name}`, () => {
    const seeds = name === "one byte a read" ? 1 : 4;
    for (let seed = 1; seed <= seeds; seed++) {
      const random = seeded(seed);
      const pair = new Pair({ ...options, seed });
      pair.server.onStreamHook = (user) => {
        user.stream.sendHead(RESPONSE, NO_FIELDS, false);
        let echoed = 0;
        user.onDataHook = (_user, fin) => {
          user.stream.sendData(NO_BYTES, bytesOf(user.text.slice(echoed)), false);
          echoed = user.text.length;
          if (fin) user.stream.sendTrailers(TRAILERS, NO_FIELDS);
        };
      };
      const sent: string[] = [];
      const users: User[] = [];
      const most = name === "one byte a read" ? 300 : 90_000;
      for (let i = 0; i < 20; i++) {
        const user = pair.client.request();
        const text = String.fromCharCode(97 + i).repeat(Math.floor(random() ** 3 * most));
        const cut = Math.floor(random() * text.length);
        user.stream.sendData(bytesOf(text.slice(0, cut)), bytesOf(text.slice(cut)), random() < 0.5);
        user.stream.sendTrailers([], NO_FIELDS);
        sent.push(text);
        users.push(user);
      }
      pair.run(pair.now + 60_000);
      for (const [i, user] of users.entries()) {
        assert.equal(user.text.length, sent[i]?.length, `seed ${seed} stream ${i}`);
        assert.equal(user.text, sent[i]);
        assert.equal(user.end?.kind, "complete", `${user.end?.message}`);
      }
      pair.assertClean();
      assert.equal(pair.client.closed, undefined, pair.client.closed?.message);
    }
  });
}

test("reset: onEnd before it returns, the peer hears the code, later commands do nothing", () => {
  const pair = new Pair();
  const user = pair.client.request();
  pair.run();
  user.stream.reset(ErrorCode.CANCEL);
  assert.deepEqual(user.end, {
    kind: "reset",
    initiator: "application",
    code: ErrorCode.CANCEL,
    unprocessed: false,
    message: "this side sent RST_STREAM(CANCEL)",
  });
  user.stream.reset(ErrorCode.CANCEL);
  assert.equal(user.stream.sendData(NO_BYTES, bytesOf("x"), true), true);
  user.stream.sendTrailers([], NO_FIELDS);
  pair.run();
  assert.deepEqual(pair.server.users[0]?.events, ["end reset"]);
  assert.equal(pair.server.users[0]?.end?.message, "peer sent RST_STREAM(CANCEL)");
  pair.assertClean();
});

test("a pair carries a request whatever the link does, and is clean afterwards", () => {
  for (const options of [{}, { maxRead: 1 }, { delayMs: 50, jitterMs: 50, maxRead: 7 }, { linkBytes: 10 }]) {
    const pair = new Pair(options);
    pair.server.onStreamHook = (user) => user.stream.sendHead(RESPONSE, NO_FIELDS, true);
    const user = pair.client.request(true);
    pair.run();
    assert.deepEqual(user.events, ["head+end", "end complete"], JSON.stringify(options));
    assert.deepEqual(pair.server.users[0]?.events, ["end complete"]);
    assert.ok(pair.carried > 0);
    pair.assertClean();
  }
});

test("a raw peer shakes hands with both roles", () => {
  for (const role of ["client", "server"] as const) {
    const peer = new RawPeer(role, {}, false);
    if (role === "server") peer.send(PREFACE);
    peer.send(settings());
    assert.deepEqual(peer.lines(), ["SETTINGS", "SETTINGS ack"]);
    assert.equal(peer.end.ready, 1);
  }
});
