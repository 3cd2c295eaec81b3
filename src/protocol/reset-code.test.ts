import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrorCode } from "../base/error-code.js";
import { codeFromNumber } from "../rpc/code.js";
import { codeOfReset } from "./reset-code.js";

const expected: Record<keyof typeof ErrorCode, string> = {
  NO_ERROR: "internal",
  PROTOCOL_ERROR: "internal",
  INTERNAL_ERROR: "internal",
  FLOW_CONTROL_ERROR: "resource_exhausted",
  SETTINGS_TIMEOUT: "internal",
  STREAM_CLOSED: "internal",
  FRAME_SIZE_ERROR: "internal",
  REFUSED_STREAM: "unavailable",
  CANCEL: "cancelled",
  COMPRESSION_ERROR: "internal",
  CONNECT_ERROR: "internal",
  ENHANCE_YOUR_CALM: "resource_exhausted",
  INADEQUATE_SECURITY: "permission_denied",
  HTTP_1_1_REQUIRED: "internal",
};
for (const [name, code] of Object.entries(expected)) {
  test(`${name} is ${code}`, () => assert.equal(codeFromNumber(codeOfReset(ErrorCode[name as keyof typeof ErrorCode])), code));
}

test("an error code without a name is unknown", () => {
  for (const code of [0xe, 0xff, 0xffffffff]) assert.equal(codeFromNumber(codeOfReset(code)), "unknown");
});
