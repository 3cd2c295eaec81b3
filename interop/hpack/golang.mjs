// Against golang.org/x/net/http2/hpack: what one encodes the other decodes, under changes of the table's size.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { HpackDecoder, HpackEncoder } from "../../dist/http2/hpack/index.js";
import { ROOT, ToolMissing } from "../tools.mjs";
import { anyByte, lines, randomFields, randomNumbers } from "./fields.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const BUILD_LIMIT_MS = 90_000;
const RUN_LIMIT_MS = 20_000;
const ROUNDS = 60;
const BLOCKS = 100;

/** The two checks; throws ToolMissing where there is no Go. */
export async function golangChecks() {
  const program = join(ROOT, ".tools", "hpack-go", "hpack");
  mkdirSync(dirname(program), { recursive: true });
  await run("go", ["build", "-o", program, "."], "", BUILD_LIMIT_MS).catch((error) => {
    // No Go, or its module cannot be fetched. What the compiler says is a mistake of ours, and does not begin so.
    if (error.code === "ENOENT") throw new ToolMissing("go is not installed");
    if (/^go: /m.test(error.message)) throw new ToolMissing(error.message.trim().split("\n").at(-1));
    throw error;
  });
  return [
    ["decode what golang.org/x/net/http2/hpack encodes", () => decodeTheirs(program)],
    ["golang.org/x/net/http2/hpack decodes what we encode", () => encodeForThem(program)],
  ];
}

async function decodeTheirs(program) {
  const orders = [];
  const steps = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const next = randomNumbers(round * 31_337);
    orders.push({ Do: "new" });
    steps.push({ start: true });
    for (let block = 0; block < BLOCKS; block++) {
      if (next(9) === 0) {
        const size = next(3) === 0 ? 0 : next(4097);
        orders.push({ Do: "encoder-size", Size: size });
        steps.push({ size });
      }
      const fields = randomFields(next, 1 + next(8), anyByte);
      orders.push({ Do: "encode", Fields: fields.map(toHex) });
      steps.push({ fields });
    }
  }
  const answers = await ask(program, orders);
  let decoder;
  let blocks = 0;
  for (const { start, size, fields } of steps) {
    if (start) decoder = new HpackDecoder({ maxListBytes: 1_000_000, maxFields: 1000 });
    else if (size !== undefined) decoder.setTableLimit(size);
    else {
      const block = Uint8Array.from(Buffer.from(answers[blocks++].Block, "hex"));
      const decoded = decoder.decode(block, 0, block.length);
      assert.equal(lines(decoded), lines(fields));
      for (const [i, field] of fields.entries()) if (field.sensitive) assert.equal(decoded[i].sensitive, true);
    }
  }
  return blocks;
}

async function encodeForThem(program) {
  const orders = [];
  const sent = [];
  const out = new Uint8Array(100_000);
  for (let round = 1; round <= ROUNDS; round++) {
    const next = randomNumbers(round * 65_537);
    const encoder = new HpackEncoder(next(2) === 0 ? 4096 : next(4096));
    const lists = Array.from({ length: 10 }, () => randomFields(next, next(8), anyByte));
    orders.push({ Do: "new" });
    for (let block = 0; block < BLOCKS; block++) {
      if (next(9) === 0) {
        const size = next(3) === 0 ? 0 : next(10_000);
        encoder.setPeerTableSize(size);
        orders.push({ Do: "decoder-limit", Size: size });
      }
      const prepared = lists[next(lists.length)];
      const extra = randomFields(next, next(4), anyByte);
      const end = encoder.encode(prepared, extra, out, 0);
      orders.push({ Do: "decode", Block: Buffer.from(out.subarray(0, end)).toString("hex") });
      sent.push([...prepared, ...extra]);
    }
  }
  const answers = await ask(program, orders);
  for (const [i, fields] of sent.entries()) {
    const { Fields, Error: error } = answers[i];
    assert.equal(error, "", `block ${i}`);
    const received = (Fields ?? []).map(fromHex);
    assert.equal(lines(received), lines(fields));
    for (const [k, field] of fields.entries()) if (field.sensitive) assert.equal(received[k].sensitive, true);
  }
  return sent.length;
}

async function ask(program, orders) {
  const output = await run(program, [], orders.map((order) => `${JSON.stringify(order)}\n`).join(""), RUN_LIMIT_MS);
  return output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

function toHex({ name, value, sensitive }) {
  return { Name: Buffer.from(name, "latin1").toString("hex"), Value: Buffer.from(value, "latin1").toString("hex"), Sensitive: sensitive };
}

function fromHex({ Name, Value, Sensitive }) {
  return { name: Buffer.from(Name, "hex").toString("latin1"), value: Buffer.from(Value, "hex").toString("latin1"), sensitive: Sensitive };
}

function run(command, args, input, limitMs) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: HERE, timeout: limitMs });
    const output = [];
    let errors = "";
    child.stdout.on("data", (chunk) => output.push(chunk));
    child.stderr.setEncoding("utf8").on("data", (text) => {
      errors = (errors + text).slice(-4000);
    });
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) resolve(Buffer.concat(output).toString("utf8"));
      else reject(new Error(errors || `${command} ended with ${signal ?? code}`));
    });
    child.stdin.on("error", () => {}); // The exit code tells.
    child.stdin.end(input);
  });
}
