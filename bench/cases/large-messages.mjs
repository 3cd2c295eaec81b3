import { withServer } from "../harness/bench-server.mjs";
import { serverRows } from "../harness/contestants.mjs";
import { runH2load, warmUp } from "../harness/loads.mjs";
import { framed } from "../harness/payload.mjs";

const sizes = [
  { size: 64 * 1024, text: "64 KiB" },
  { size: 1024 * 1024, text: "1 MiB" },
];
const bodies = new Map(sizes.map(({ size }) => [size, framed(1, size)]));

async function measure({ server: name, size }, { seconds, warmup }) {
  const body = bodies.get(size);
  const load = { path: "Unary", body, expect: body.length, c: 4, m: 4 };
  return withServer(name, {}, async (server) => {
    await warmUp(server, load, warmup);
    const { n, seconds: took, cpu_seconds } = await runH2load(server, { ...load, seconds });
    const megabytes = (n * size) / 1e6;
    return { rate: megabytes / took, cpu: (cpu_seconds / megabytes) * 1000, busy: (100 * cpu_seconds) / took };
  });
}

export const largeMessages = {
  name: "large-messages",
  title: "Large messages, echoed by a unary method",
  how: "h2load -c 4 -m 4; MB/s each way",
  needs: ["h2load"],
  metrics: {
    rate: { label: "MB/s each way", digits: 0 },
    cpu: { label: "CPU s per GB", digits: 2, less: true },
    busy: { label: "% busy", digits: 0 },
  },
  contestants: sizes.flatMap(({ size, text }) =>
    serverRows("sluice", "grpc-go", "tonic", "grpc-js", "connect-node").map((row) => ({
      ...row,
      id: `${row.id} ${text}`,
      label: `${row.label}, ${text}`,
      size,
    })),
  ),
  measure,
  bars: sizes.flatMap(({ text }) => [
    { metric: "rate", subject: `sluice ${text}`, peer: `grpc-js ${text}`, times: 1.5 },
    { metric: "rate", subject: `sluice ${text}`, peer: `grpc-go ${text}`, aim: 1 },
  ]),
};
