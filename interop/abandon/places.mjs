// The places in the code at which streams are opened. Each opens one, has it held with the others, and waits until its handler runs.

export const places = [
  async function neverRead(client, held) {
    held.push(client.server({ id: 0 }));
    await heardOf(client);
  },

  async function readOnce(client, held) {
    const stream = client.server({ id: 1, name: "one" });
    held.push(stream);
    await stream.receive();
  },

  async function unread(client, held) {
    const stream = client.server({ id: 4, name: "four", body: new Uint8Array(100) });
    held.push(stream);
    await stream.receive();
  },

  async function iteratedOnce(client, held) {
    const stream = client.server({ id: 2, name: "two" });
    held.push(stream);
    await stream[Symbol.asyncIterator]().next();
  },

  async function talked(client, held) {
    const stream = client.bidi();
    held.push(stream);
    await stream.send({ id: 1 });
    await stream.receive();
  },

  async function halfClosed(client, held) {
    const stream = client.bidi();
    held.push(stream);
    await stream.send({ id: 1 });
    stream.closeSend();
    await stream.receive();
  },

  async function outcomeKept(client, held, outcomes) {
    const stream = client.bidi();
    held.push(stream);
    await stream.send({ id: 1 });
    await stream.receive();
    outcomes.push(stream.outcome);
  },

  async function uploaded(client, held) {
    const stream = client.client();
    held.push(stream);
    await stream.send({ id: 1 });
    await heardOf(client);
  },
];

/** A unary call on the way that the stream went: when it is answered, the stream's handler runs. */
async function heardOf(client) {
  await client.unary({});
}
