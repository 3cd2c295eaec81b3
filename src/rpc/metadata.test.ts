import assert from "node:assert/strict";
import { test } from "node:test";
import { Field, type Fields } from "../base/field.js";
import { UsageError } from "../base/usage-error.js";
import { Metadata, type MetadataInit } from "./metadata.js";

function pairs(fields: Fields): string[] {
  return fields.map((field) => `${field.name}=${field.value}${field.sensitive ? "!" : ""}`);
}

test("get gives the first, getAll all, names in any case", () => {
  const metadata = new Metadata().append("X-Id", "1").append("x-id", "2").set("other", "");
  assert.equal(metadata.get("x-ID"), "1");
  assert.deepEqual(metadata.getAll("X-id"), ["1", "2"]);
  assert.equal(metadata.get("other"), "");
  assert.equal(metadata.get("none"), undefined);
  assert.deepEqual(metadata.getAll("none"), []);
  assert.equal(metadata.has("X-ID"), true);
  assert.equal(metadata.has("none"), false);
  assert.equal(metadata.size, 3);
  assert.deepEqual(pairs(metadata.toFields()), ["x-id=1", "x-id=2", "other="]);
});

test("set replaces all, delete removes all and says whether there were any", () => {
  const metadata = new Metadata([
    ["a", "1"],
    ["b", "2"],
    ["a", "3"],
  ]);
  metadata.set("A", "4");
  assert.deepEqual(
    [...metadata],
    [
      ["b", "2"],
      ["a", "4"],
    ],
  );
  assert.equal(metadata.delete("A"), true);
  assert.equal(metadata.delete("a"), false);
  assert.deepEqual([...metadata], [["b", "2"]]);
});

test("-bin values are bytes: unpadded base64 on the wire, read padded, unpadded and joined by commas", () => {
  const metadata = new Metadata().set("trace-bin", Uint8Array.of(1)).append("trace-bin", Uint8Array.of());
  assert.deepEqual(pairs(metadata.toFields()), ["trace-bin=AQ", "trace-bin="]);
  assert.deepEqual(metadata.getBinary("trace-bin"), Uint8Array.of(1));
  assert.deepEqual(metadata.getAllBinary("trace-bin"), [Uint8Array.of(1), Uint8Array.of()]);
  const received = Metadata.fromFields([new Field("t-bin", "AQ==,Ag, AwM=  "), new Field("t-bin", "BA"), new Field("x", "y")]);
  const bytes = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3, 3), Uint8Array.of(4)];
  assert.deepEqual(received.getAllBinary("T-bin" as "t-bin"), bytes);
  assert.deepEqual([...received], [...bytes.map((value) => ["t-bin", value]), ["x", "y"]]);
  assert.equal(received.getBinary("none-bin"), undefined);
});

test("what is not base64 is left out of what is read", () => {
  const received = Metadata.fromFields([new Field("t-bin", "A,AQ,*")]);
  assert.deepEqual(received.getAllBinary("t-bin"), [Uint8Array.of(1)]);
});

const forms: [string, () => MetadataInit][] = [
  ["an object", () => ({ a: "1", b: ["2", "3"], "c-bin": Uint8Array.of(4) })],
  [
    "entries",
    () => [
      ["a", "1"],
      ["b", "2"],
      ["b", "3"],
      ["c-bin", Uint8Array.of(4)],
    ],
  ],
  ["metadata", () => new Metadata({ a: "1", b: ["2", "3"], "c-bin": [Uint8Array.of(4)] })],
];
for (const [name, init] of forms) {
  test(`made from ${name}`, () => {
    assert.deepEqual(pairs(Metadata.from(init()).toFields()), ["a=1", "b=2", "b=3", "c-bin=BA"]);
  });
}

test("made from a Map and from what the platform calls Headers", () => {
  assert.equal(Metadata.from(new Map([["a", "1"]])).get("a"), "1");
  assert.equal(Metadata.from(new Headers({ "X-A": "1" })).get("x-a"), "1");
});

test("received metadata can be sent on: what belongs to a protocol stays behind", () => {
  const received = Metadata.fromFields([
    new Field("user-agent", "grpc-go/1.7"),
    new Field("x-id", "7"),
    new Field("grpc-previous-rpc-attempts", "1"),
    new Field("grpc-trace-bin", "AQ"),
    new Field("authorization", "secret", true),
  ]);
  assert.equal(received.get("user-agent"), "grpc-go/1.7");
  assert.deepEqual(pairs(Metadata.from(received).toFields()), ["x-id=7", "grpc-trace-bin=AQ", "authorization=secret!"]);
});

test("fields are shared until the first change", () => {
  const fields: Fields = Object.freeze([new Field("a", "1")]);
  const metadata = Metadata.fromFields(fields);
  assert.equal(metadata.toFields(), fields);
  metadata.append("b", "2");
  assert.equal(fields.length, 1);
  const sent = metadata.toFields();
  metadata.append("c", "3").delete("a");
  assert.deepEqual(pairs(sent), ["a=1", "b=2"]);
  assert.deepEqual(pairs(metadata.toFields()), ["b=2", "c=3"]);
  const copy = Metadata.from(metadata);
  copy.set("b", "9");
  assert.equal(metadata.get("b"), "2");
  metadata.append("d", "4");
  assert.equal(copy.has("d"), false);
});

test("two new metadata share nothing that changes", () => {
  new Metadata().set("a", "1");
  assert.equal(new Metadata().size, 0);
});

test("sensitive: what is marked, authorization and cookie", () => {
  const metadata = new Metadata({ authorization: "Bearer x", Cookie: "a=b", key: "k" }).append("token", "t", { sensitive: true });
  assert.deepEqual(pairs(metadata.toFields()), ["authorization=Bearer x!", "cookie=a=b!", "key=k", "token=t!"]);
  assert.equal(JSON.stringify(metadata), '{"authorization":["(sensitive)"],"cookie":["(sensitive)"],"key":["k"],"token":["(sensitive)"]}');
});

test("toJSON is safe for any name", () => {
  const json = new Metadata().append("__proto__", "1").append("__proto__", "2").append("x-bin", Uint8Array.of(1)).toJSON();
  assert.equal(JSON.stringify(json), '{"__proto__":["1","2"],"x-bin":["AQ"]}');
});

const reserved = [
  ":path",
  ":status",
  ":anything",
  "connection",
  "Transfer-Encoding",
  "te",
  "host",
  "content-length",
  "Content-Type",
  "user-agent",
  "grpc-timeout",
  "grpc-status",
  "grpc-message",
  "grpc-encoding",
  "grpc-accept-encoding",
  "grpc-status-details-bin",
  "grpc-foo",
  "Grpc-Foo-Bin",
];
for (const name of reserved) {
  test(`the name ${name} cannot be written`, () => {
    const isUsageError = (error: unknown): boolean => error instanceof UsageError && error.message.includes(JSON.stringify(name));
    assert.throws(() => new Metadata().set(name, "1"), isUsageError);
    assert.throws(() => new Metadata().append(name, Uint8Array.of(1)), isUsageError);
    assert.throws(() => Metadata.from({ [name]: "1" }), isUsageError);
  });
}

for (const name of ["grpc-retry-pushback-ms", "a.b_c-1", "0", "-"]) {
  test(`the name ${name} can be written`, () => assert.equal(new Metadata().set(name, "1").get(name), "1"));
}

for (const name of ["", "a b", "a:b", "é", "a\n", "a\u0000", "a/b", "K\u212a "]) {
  test(`the name ${JSON.stringify(name)} is refused`, () => {
    assert.throws(
      () => new Metadata().set(name, "1"),
      (error: unknown) => error instanceof UsageError && error.message.includes(JSON.stringify(name)),
    );
  });
}

test("every printable character is a value, every other is not, nor is a space at an end", () => {
  for (let char = 0; char < 0x180; char++) {
    const text = String.fromCharCode(char);
    const write = (): string | undefined => new Metadata().set("a", `x${text}y`).get("a");
    if (char >= 0x20 && char <= 0x7e) assert.equal(write(), `x${text}y`);
    else assert.throws(write, UsageError, `0x${char.toString(16)}`);
  }
  for (const value of [" ", " a", "a ", "a\n", "\n"])
    assert.throws(() => new Metadata().set("a", value), UsageError, JSON.stringify(value));
});

test("the wrong type of value is refused, naming the key and not the value", () => {
  const bad: [string, unknown][] = [
    ["a", Uint8Array.of(1)],
    ["a-bin", "AQ=="],
    ["a", 1],
    ["a", undefined],
    ["a", null],
    ["a-bin", [1]],
  ];
  for (const [name, value] of bad) {
    assert.throws(
      () => new Metadata().set(name, value as string),
      (error: unknown) => error instanceof UsageError && error.message.includes(JSON.stringify(name)),
      `${name} ${String(value)}`,
    );
  }
  assert.throws(
    () => new Metadata().set("token", "s\u00e9cret"),
    (error: Error) => !error.message.includes("cret"),
  );
  for (const init of [null, "a=b", 7]) assert.throws(() => Metadata.from(init as unknown as MetadataInit), UsageError);
});

test("a refused set changes nothing", () => {
  const metadata = new Metadata({ a: "1" });
  assert.throws(() => metadata.set("a", "\n"), UsageError);
  assert.equal(metadata.get("a"), "1");
});

test("text and bytes are read by their own methods", () => {
  assert.throws(() => new Metadata().get("a-bin"), UsageError);
  assert.throws(() => new Metadata().getAll("A-BIN"), UsageError);
  assert.throws(() => new Metadata().getBinary("a" as "a-bin"), UsageError);
});
