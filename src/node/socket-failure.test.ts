import assert from "node:assert/strict";
import { test } from "node:test";
import { socketFailure } from "./socket-failure.js";

const at = { address: "db.test:443", serverName: "db.test" };

function failure(code: string, message = "text"): Error {
  return Object.assign(new Error(message), { code });
}

test("each failure has its own sentence, with the address in it", () => {
  const codes = [
    "ECONNREFUSED",
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNRESET",
    "EPIPE",
    "ETIMEDOUT",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "ENOENT",
    "EACCES",
    "EADDRINUSE",
    "EADDRNOTAVAIL",
    "ERR_SSL_WRONG_VERSION_NUMBER",
    "ERR_TLS_CERT_ALTNAME_INVALID",
    "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL",
    "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
    "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA",
    "CERT_HAS_EXPIRED",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "SOMETHING_NEW",
  ];
  const sentences = codes.map((code) => socketFailure(failure(code), at));
  for (const sentence of sentences) assert.match(sentence, /db\.test:443/);
  assert.equal(new Set(sentences).size, codes.length);
});

test("of several addresses of a host the last tells", () => {
  const all = Object.assign(new Error(""), { code: "ECONNREFUSED", errors: [failure("ECONNREFUSED"), failure("ETIMEDOUT")] });
  assert.match(socketFailure(all, at), /timed out/);
});

test("what is unknown passes its own text on", () => {
  assert.match(socketFailure(failure("EODD", "very odd"), at), /very odd/);
  assert.match(socketFailure("just a string", at), /just a string/);
  assert.match(socketFailure(failure("ERR_SSL_TLSV1_ALERT_UNKNOWN_CA"), at), /unknown ca/);
});
