import assert from "node:assert/strict";
import { test } from "node:test";
import { CallSiteNotes, callSitesOption } from "./call-site.js";

/** What a user calls: notes the place, with a few frames of ours in between. */
function entryOf(notes: CallSiteNotes): () => string | undefined {
  const inner = () => notes.note(entry);
  const entry = () => inner();
  return entry;
}

test("the place is the line that called the entry, whatever lies between", () => {
  const open = entryOf(new CallSiteNotes("always"));
  function user(): string | undefined {
    return open();
  }
  assert.match(user() ?? "", /^user \(.*call-site\.test\.js:\d+:\d+\)$/);
  assert.match([0].map(open)[0] ?? "", /call-site\.test\.js:\d+:\d+/, "a frame without a line is passed over");
});

test("the user's limit of stack frames neither matters nor changes", () => {
  const open = entryOf(new CallSiteNotes("always"));
  const before = Error.stackTraceLimit;
  for (const limit of [0, 1, 50]) {
    Error.stackTraceLimit = limit;
    const place = open();
    const after = Error.stackTraceLimit;
    Error.stackTraceLimit = before;
    assert.match(place ?? "", /call-site\.test\.js:\d+/);
    assert.equal(after, limit);
  }
});

test("a prepareStackTrace that makes something else of the stack, or throws, is survived", () => {
  const open = entryOf(new CallSiteNotes("always"));
  const before = Error.prepareStackTrace;
  try {
    Error.prepareStackTrace = (_error, frames) => frames;
    assert.equal(open(), undefined);
    Error.prepareStackTrace = () => {
      throw new Error("mine");
    };
    assert.equal(open(), undefined);
  } finally {
    Error.prepareStackTrace = before;
  }
});

test("sampled: the first hundred, then one in 128; always: all; never: none", () => {
  const noted = (notes: CallSiteNotes) => {
    const open = entryOf(notes);
    return Array.from({ length: 1_000 }, () => open()).filter((place) => place !== undefined);
  };
  assert.equal(noted(new CallSiteNotes("sampled")).length, 107);
  assert.equal(noted(new CallSiteNotes("always")).length, 1_000);
  assert.equal(noted(new CallSiteNotes("never")).length, 0);
  assert.equal(callSitesOption(undefined), "sampled");
  assert.throws(() => callSitesOption("often" as "always"), { name: "UsageError", message: /callSites.*"often".*sampled, always, never/ });
});
