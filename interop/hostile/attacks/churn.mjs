// Connections that come and go: each with a preface, half of them with a call, none with an end.
export const name = "connection churn";

export async function attack(target, { quick }) {
  const count = quick ? 1000 : 5000;
  for (let done = 0; done < count; done += 50) {
    const connections = await target.openMany(50);
    for (const [i, connection] of connections.entries()) {
      if (i % 2 === 0) connection.write(target.request("mute", 1));
      connection.socket.end();
    }
    await new Promise((resolve) => setImmediate(resolve));
    for (const connection of connections) connection.destroy();
  }
  return `${count} connections`;
}
