// A Go client (interop/go/walker) in a process of its own, and the Sluice server that it calls.
import assert from "node:assert/strict";
import { serve } from "sluice/node";
import { TestService } from "../../build/gen/grpc-testing_pb.js";
import { start } from "../children.mjs";
import { Finding } from "../report.mjs";
import { allZero, eventually } from "./leaks.mjs";
import { startProxy } from "./proxies/programs.mjs";
import { scriptedService } from "./scripted-service.mjs";

/**
 * Runs one of server-scenarios.mjs: a fresh server, a fresh client process, the walk, both ends, and what is left. Returns what the
 * scenario told, and of the client's goroutines what did not go. `via`: the name of a proxy between the two.
 */
export async function runGoClient(scenario, program, library, via) {
  const { service, calls } = scriptedService();
  const logged = [];
  const onLog = (entry) => logged.push(entry);
  const server = await serve({ routes: (r) => r.service(TestService, service), onLog, ...scenario.serve });
  const elsewhere = await scenario.elsewhere?.();
  const to = elsewhere?.port ?? server.port;
  const between = via === undefined ? scenario.through : (port) => startProxy(via, port);
  const through = between === undefined ? { port: to, close() {} } : await between(to);
  const args = ["-library", library, "-addr", `127.0.0.1:${through.port}`, "-scenario", scenario.walk, "-limit", "75s"];
  const walker = start(program, [...args, ...(scenario.walkerArguments ?? [])]);
  const call = async () => {
    await eventually("the call arrives", () => calls.length > 0);
    return calls[0];
  };
  try {
    const found = (await scenario.run({ walker, server, call, calls, through, elsewhere, via })) ?? {};
    const code = await walker.end;
    if (!scenario.killed) assert.equal(code, 0, walker.text());
    const stayed = goroutinesLeft(walker.text());
    if (stayed > 0 && !scenario.leaks) throw new Finding(`${stayed} goroutines more than before stay in the client`);
    const mine = ["openStreams", "openCalls", "runningHandlers"];
    // A proxy may keep its own connection.
    await allZero("the server", () => server.statistics(), via === undefined ? [...mine, "openConnections"] : mine);
    await server.close({ graceMs: 0 });
    await allZero("the closed server", () => server.statistics(), ["timers"]);
    const errors = logged.filter((entry) => entry.level === "error");
    assert.equal(errors.length, 0, `the server logged an error: ${JSON.stringify(errors[0])}`);
    const own = stayed > 0 ? `${stayed} goroutine${stayed === 1 ? "" : "s"} stay in ${library}` : undefined;
    return { ...found, told: [found.told, own].filter((part) => part !== undefined).join("; ") };
  } finally {
    await walker.stop("SIGKILL");
    await elsewhere?.stop("SIGKILL");
    await through.close();
    await server.close({ graceMs: 0 });
  }
}

function goroutinesLeft(text) {
  const line = /goroutines before (\d+) after (\d+)/.exec(text);
  return line === null ? 0 : Math.max(0, Number(line[2]) - Number(line[1]));
}
