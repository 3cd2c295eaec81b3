// One loop for each kind of call. Each ends when `worker.step` says so, or when its stream is over and wants to be opened anew.
export const loops = { unary, server, client, bidi, "cancel-storm": cancelStorm };

async function unary(client, worker, { size }) {
  const message = client.message(1, "benchmark", size);
  for (;;) {
    const start = worker.now();
    await client.unary(message);
    if (!worker.step(start)) return;
  }
}

async function server(client, worker, { size, messages }) {
  let start = worker.now();
  await client.server(client.message(messages, "benchmark", size), () => {
    const goOn = worker.step(start);
    start = worker.now();
    return goOn;
  });
}

async function client(client, worker, { size, messages }) {
  const message = client.message(1, "benchmark", size);
  const stream = client.client();
  for (let i = 0; i < messages; i++) {
    const start = worker.now();
    const full = stream.send(message);
    if (full !== undefined) await full;
    if (!worker.step(start)) break;
  }
  await stream.finish();
}

async function bidi(client, worker, { size }) {
  const message = client.message(1, "benchmark", size);
  const stream = client.bidi();
  for (let goOn = true; goOn; ) {
    const start = worker.now();
    const full = stream.send(message);
    if (full !== undefined) await full;
    if ((await stream.receive()) === undefined) throw new Error("the stream ended");
    goOn = worker.step(start);
  }
  stream.cancel();
}

/** Opens streams, and cancels each as soon as its handler is at work. */
async function cancelStorm(client, worker, { size }) {
  const message = client.message(1, "benchmark", size);
  for (let goOn = true; goOn; ) {
    const start = worker.now();
    const stream = client.bidi();
    const full = stream.send(message);
    if (full !== undefined) await full;
    if ((await stream.receive()) === undefined) throw new Error("the stream ended");
    stream.cancel();
    goOn = worker.step(start);
  }
}
