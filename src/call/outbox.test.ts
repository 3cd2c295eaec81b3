import assert from "node:assert/strict";
import { test } from "node:test";
import type { Exchange } from "../exchange/exchange.js";
import { grpcBody } from "../protocol/grpc/body.js";
import { Framing } from "./framing.js";
import { OUTBOX_BYTES } from "./limits.js";
import { Outbox } from "./outbox.js";

const NOTHING = new Uint8Array(0);

test("messages of no bytes fill the outbox as well: each takes its prefix", () => {
  const outbox = new Outbox(grpcBody, 1_000_000);
  let added = 1;
  while (outbox.add(NOTHING, Framing.plain, false)) added++;
  assert.equal(added, Math.ceil(OUTBOX_BYTES / 5));
});

test("messages of no bytes are kept for another attempt up to the limit", () => {
  const outbox = new Outbox(grpcBody, 100);
  outbox.attach({ sendData: () => true } as unknown as Exchange);
  for (let i = 0; i < 20; i++) outbox.add(NOTHING, Framing.plain, false);
  assert.equal(outbox.replayable, true);
  outbox.add(NOTHING, Framing.plain, false);
  assert.equal(outbox.replayable, false);
});
