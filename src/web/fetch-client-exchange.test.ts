import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrorCode } from "../base/error-code.js";
import { Field, NO_FIELDS } from "../base/field.js";
import { Recorder } from "../testing/exchange-suite/recorder.js";
import { FetchClientExchange } from "./fetch-client-exchange.js";

const NOTHING = new Uint8Array(0);
const POST = [new Field(":method", "POST"), new Field(":path", "/a.B/C")];

/** An exchange whose first byte the platform has taken, with the body of its request and the signal of its fetch. */
async function uploading() {
  let init: RequestInit = {};
  const fetchWith: typeof fetch = (_url, given = {}) => {
    init = given;
    return new Promise(() => {});
  };
  const host = { peer: { address: "upload.test", encrypted: true }, released: () => {} };
  const exchange = new FetchClientExchange(host, { base: "https://upload.test", fetch: fetchWith, init: {} }, new Recorder());
  exchange.sendHead(POST, NO_FIELDS, false);
  exchange.sendData(NOTHING, Uint8Array.of(1), false);
  await Promise.resolve();
  const body = (init.body as ReadableStream<Uint8Array>).getReader();
  assert.equal((await body.read()).value?.length, 1);
  return { exchange, body, signal: init.signal as AbortSignal };
}

test("a reset breaks the body of a request off before it aborts the fetch: Chromium ends the body of one that is aborted", async () => {
  const { exchange, body, signal } = await uploading();
  let atAbort: Promise<unknown> | undefined;
  signal.addEventListener("abort", () => {
    atAbort = Promise.race([body.closed, Promise.resolve("the body goes on")]);
  });
  exchange.reset(ErrorCode.CANCEL);
  assert.equal(signal.aborted, true);
  await assert.rejects(atAbort ?? Promise.resolve(), /reset with CANCEL/);
});

test("a body that is whole stays whole when its fetch is aborted", async () => {
  const { exchange, body, signal } = await uploading();
  exchange.sendData(NOTHING, NOTHING, true);
  exchange.reset(ErrorCode.CANCEL);
  assert.equal(signal.aborted, true);
  assert.equal((await body.read()).done, true);
});
