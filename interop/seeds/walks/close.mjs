/** Opens a stream, receives once if the handler answers at all, and closes it. */
export async function close(world) {
  const streams = [];
  for (let i = 0; i < world.count; i++) {
    let call;
    const opening = await world.within(
      () => call.cancel(),
      () => {
        call = world.open();
      },
    );
    if (world.kind === "duplex") await call.send({ responseParameters: [{ size: 10 }] });
    if (world.script !== "mute") await call.receive();
    const closing = await world.within(
      () => call.cancel(),
      () => call.close(),
    );
    const afterwards = await world.within(
      () => call.cancel(),
      () => call.receive(),
    );
    streams.push({ opening, closing, afterwards, outcome: (await call.outcome).code, goroutines: await world.left() });
  }
  return { streams };
}
