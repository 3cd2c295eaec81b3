import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createClient } from "sluice";
import { closeOnSignal, connect } from "sluice/node";
import { Bench } from "../../gen/bench_pb.js";

const HERE = dirname(fileURLToPath(import.meta.url));

/** A server in a process of its own: `id` 1 answers when the server drains, others never. Its exit code is 3, set before any signal. */
const PROGRAM = `
import { closeOnSignal, serve } from "sluice/node";
import { Bench } from ${JSON.stringify(join(HERE, "../../gen/bench_pb.js"))};
const say = (event) => console.log(JSON.stringify(event));
const server = await serve({ routes: (r) => r.service(Bench, {
  unary: (request, context) => new Promise((resolve) => {
    say({ event: "called" });
    if (request.id === 1) context.draining.addEventListener("abort", () => resolve({ id: 2 }));
    else context.draining.addEventListener("abort", () => say({ event: "draining" }));
  }),
}) });
process.exitCode = 3;
closeOnSignal(server, {
  graceMs: Number(process.env.GRACE_MS),
  onClosed: (report) => say({ event: "closed", ...report, listeners: process.listenerCount("SIGTERM") + process.listenerCount("SIGINT") }),
});
say({ event: "listening", url: server.url });
`;

interface Said {
  readonly event: string;
  readonly url?: string;
  readonly listeners?: number;
  readonly cutOff?: readonly {
    readonly method: string;
    readonly peer?: string;
    readonly ageMs: number;
    readonly handlerRunning: boolean;
  }[];
}

class ServerProcess {
  readonly child: ChildProcess;
  readonly exit: Promise<unknown[]>;
  private readonly lines: AsyncIterator<string>;

  constructor(t: TestContext, graceMs = 3_600_000) {
    const env = { ...process.env, GRACE_MS: String(graceMs) };
    const node = ["--input-type=module", "--eval", PROGRAM];
    this.child = spawn(process.execPath, node, { cwd: HERE, env, stdio: ["ignore", "pipe", "inherit"] });
    this.exit = once(this.child, "exit");
    if (this.child.stdout === null) throw new Error("no output");
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    t.after(() => this.child.kill("SIGKILL"));
  }

  async says(event: string): Promise<Said> {
    const { value } = await this.lines.next();
    const said = JSON.parse(value as string) as Said;
    assert.equal(said.event, event);
    return said;
  }
}

test("SIGTERM lets calls finish, gives the signals back, and leaves the exit code to the process", async (t) => {
  const server = new ServerProcess(t);
  const channel = connect((await server.says("listening")).url as string);
  t.after(() => channel.close());
  const reply = createClient(Bench, channel).unary({ id: 1 });
  await server.says("called");
  server.child.kill("SIGTERM");
  assert.equal((await reply).id, 2);
  assert.deepEqual(await server.says("closed"), { event: "closed", cutOff: [], listeners: 0 });
  assert.deepEqual(await server.exit, [3, null]);
});

test("a second signal, of any of the kinds, hastens: a parked handler is cut off and named", async (t) => {
  const server = new ServerProcess(t);
  const channel = connect((await server.says("listening")).url as string);
  t.after(() => channel.close());
  const call = createClient(Bench, channel).unary({ id: 0 });
  await server.says("called");
  server.child.kill("SIGTERM");
  await server.says("draining");
  server.child.kill("SIGINT");
  await assert.rejects(call, { code: "unavailable" });
  const { cutOff, listeners } = await server.says("closed");
  assert.equal(listeners, 0);
  assert.equal(cutOff?.length, 1);
  assert.equal(cutOff?.[0]?.method, "/bench.v1.Bench/Unary");
  assert.equal(cutOff?.[0]?.handlerRunning, true);
  assert.match(cutOff?.[0]?.peer ?? "", /^127\.0\.0\.1:/);
  assert.deepEqual(await server.exit, [3, null]);
});

test("a parked handler is cut off when the grace is over", async (t) => {
  const server = new ServerProcess(t, 50);
  const channel = connect((await server.says("listening")).url as string);
  t.after(() => channel.close());
  const call = createClient(Bench, channel).unary({ id: 0 });
  await server.says("called");
  server.child.kill("SIGINT");
  await server.says("draining");
  await assert.rejects(call, { code: "unavailable" });
  const { cutOff, listeners } = await server.says("closed");
  assert.equal(listeners, 0);
  assert.deepEqual(
    cutOff?.map(({ handlerRunning }) => handlerRunning),
    [true],
  );
  assert.ok((cutOff?.[0]?.ageMs ?? 0) >= 49);
  assert.deepEqual(await server.exit, [3, null]);
});

test("dispose gives the signals back; bad options are mistakes in the call", () => {
  const before = process.listenerCount("SIGTERM") + process.listenerCount("SIGINT");
  const closable = { close: () => Promise.resolve({ cutOff: [] }) };
  const listeners = closeOnSignal(closable);
  assert.equal(process.listenerCount("SIGTERM") + process.listenerCount("SIGINT"), before + 2);
  listeners.dispose();
  listeners.dispose();
  assert.equal(process.listenerCount("SIGTERM") + process.listenerCount("SIGINT"), before);
  assert.throws(() => closeOnSignal(closable, { signals: ["SIGKILL"] }), { name: "UsageError", message: /"signals" is "SIGKILL"/ });
  assert.throws(() => closeOnSignal(closable, { signals: [] }), { name: "UsageError", message: /"signals"/ });
  assert.throws(() => closeOnSignal({} as typeof closable), { name: "UsageError", message: /"server"/ });
  assert.throws(() => closeOnSignal(closable, { onClosed: 1 as never }), { name: "UsageError", message: /"onClosed" is 1/ });
  assert.throws(() => closeOnSignal(closable, { graceMs: -1 }), { name: "UsageError", message: /"graceMs" is -1/ });
});
