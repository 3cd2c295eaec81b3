import { codeFromNumber } from "sluice";
import { planOf } from "./plan.mjs";

const OK = 1;

/** What is wrong with a storm, from what both ends noted, as sentences; and how many calls ended with which code. */
export function verdict(seed, client, server) {
  const problems = [];
  let findings = client.findings + server.findings;
  const words = [...client.words, ...server.words];
  const found = (id, what) => {
    findings++;
    if (words.length < 24) words.push(`call ${id}: ${what} — ${JSON.stringify(planOf(seed, id))}`);
  };
  const codes = {};
  for (let id = 0; id < client.runs.length; id++) {
    const plan = planOf(seed, id);
    const code = client.codes[id] === 0 ? "none" : codeFromNumber(client.codes[id] - 1);
    codes[code] = (codes[code] ?? 0) + 1;
    if (client.ends[id] !== 1) found(id, `the client saw ${client.ends[id]} outcomes`);
    if (server.runs[id] > 1) found(id, `${server.runs[id]} handlers ran`);
    if (server.ends[id] !== server.runs[id]) found(id, `the server saw ${server.ends[id]} outcomes of ${server.runs[id]} handlers`);
    if (code === "ok" && server.codes[id] !== OK) found(id, "ended well for the client, not for the server");
    if (plan.kind !== "server" && client.messages[id] > server.messages[id]) {
      found(id, `${client.messages[id]} messages were acknowledged, ${server.messages[id]} received`);
    }
    const whole = plan.serverEnd === "answer" && ["finish", "talk", "pump"].includes(plan.clientEnd);
    if (code === "ok" && whole && client.messages[id] !== plan.messages) {
      found(id, `ended well with ${client.messages[id]} of ${plan.messages} messages acknowledged`);
    }
  }
  if (findings > 0) problems.push(`${findings} findings:\n${words.join("\n")}`);
  if (client.left.length > 0) problems.push(`left in the client: ${client.left.join(", ")}`);
  if (server.left.length > 0) problems.push(`left in the server: ${server.left.join(", ")}`);
  return { problems, codes };
}
