// A Sluice client that takes one walk, as the Go clients do (go/walks): same options, same JSON.
//   node --expose-gc sluice-client.mjs --library grpc --addr H:P --walk NAME [--kind output|duplex] [--script NAME] [--how NAME] [--count N] [--bound MS]
import { setTimeout as sleep } from "node:timers/promises";
import { createClient, pickFirst } from "sluice";
import { connect } from "sluice/node";
import { TestService } from "../../build/gen/grpc-testing_pb.js";
import { readArguments } from "../arguments.mjs";
import { monotonic } from "./monotonic.mjs";
import { abandon } from "./walks/abandon.mjs";
import { close } from "./walks/close.mjs";
import { giveUp, group } from "./walks/group.mjs";
import { leave } from "./walks/leave.mjs";
import { loop } from "./walks/loop.mjs";
import { World } from "./world.mjs";

const walks = { leave, close, loop, abandon, group, "give-up": giveUp };

const text = (value = "") => ({ type: "string", default: value });
const args = readArguments("node interop/seeds/sluice-client.mjs --library PROTOCOL --addr H:P --walk NAME", {
  library: text("grpc"),
  addr: text(),
  walk: text(),
  kind: text("duplex"),
  script: text("hold"),
  how: text(),
  count: text("1"),
  bound: text("2000ms"),
});

/** Counts how often the picker's `done` has run. */
const done = { count: 0 };
const picker = {
  pick(connections, request) {
    const pick = pickFirst.pick(connections, request);
    return pick && { ...pick, done: () => done.count++ };
  },
};

const channel = connect(`http://${args.addr}`, { protocol: args.library, picker, onLog: () => {} });
const client = createClient(TestService, channel);
await client.emptyCall({});
const { kind, script, how } = args;
const world = new World({ channel, client, done, kind, script, how, count: Number(args.count), boundMs: Number.parseFloat(args.bound) });
const figures = await walks[args.walk](world);
// The server may be about to hear.
await sleep(100);
console.log(JSON.stringify({ ...figures, toldAt: monotonic() }));
await channel.close({ graceMs: 0 });
