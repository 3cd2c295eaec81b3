// A bidi stream, and the client that wants to end it.
//   dubbo-go #2755: "CallBidiStream: how can a client actively close a connection?" The loop that receives waits for ever after the half-close,
//   since the server keeps its half open.
// Here there are three ends, by how much of the rest is wanted: closeSend() and read on, close(), cancel(). Each ends the loop that receives.
import { ms, Notes, situation, untilAborted } from "./situation.mjs";

const heard = new Notes();

const implementation = {
  /** Answers each request; after the half-close it has two more things to say, or nothing at all and no end either. */
  async *converse(requests, context) {
    let stays = false;
    try {
      for await (const { text } of requests) {
        stays = text === "stay";
        yield { text: `you said ${text}` };
      }
      heard.add("the end of the requests");
      if (stays) await untilAborted(context.signal);
      for (const text of ["one more", "goodbye"]) yield { text };
    } finally {
      heard.add(context.signal.aborted ? `the handler ended: ${context.signal.reason.code}` : "the handler ended: ok");
    }
  },
};

/** The loop of the issue: receives for ever, beside what sends. How it ended. */
async function receiveAll(talk) {
  const texts = [];
  try {
    for (;;) {
      const message = await talk.receive();
      if (message === undefined) return { texts, end: "the end" };
      texts.push(message.text);
    }
  } catch (error) {
    return { texts, end: error.code };
  }
}

await situation("3. The client ends a bidi stream", implementation, async ({ chat, client, server }) => {
  async function run(about, text, options, end, expected) {
    const talk = chat.converse(options);
    const loop = receiveAll(talk);
    await talk.send({ text });
    await talk.headers;
    const began = performance.now();
    await end(talk);
    const { texts, end: how } = await loop;
    const took = performance.now() - began;
    const { code } = await talk.outcome;
    client(
      `${about}: the loop ended after ${ms(took)} with ${how}; messages: ${texts.length}; outcome: ${code}`,
      how === expected.loop && code === expected.code && took < 1_000,
    );
    const notes = [];
    for (const wanted of expected.server) notes.push(await heard.next(), wanted);
    server(
      notes.filter((_, index) => index % 2 === 0).join(", then "),
      notes.every((note, index) => index % 2 === 1 || note === notes[index + 1]),
    );
  }

  await run("closeSend(), and read the rest", "hello", {}, (talk) => talk.closeSend(), {
    loop: "the end",
    code: "ok",
    server: ["the end of the requests", "the handler ended: ok"],
  });
  await run("close(), to a server that ends in time", "hello", {}, (talk) => talk.close(), {
    loop: "the end",
    code: "ok",
    server: ["the end of the requests", "the handler ended: ok"],
  });
  await run("close(), to a server that stays", "stay", { closeTimeoutMs: 100 }, (talk) => talk.close(), {
    loop: "the end",
    code: "cancelled",
    server: ["the end of the requests", "the handler ended: cancelled"],
  });
  await run("cancel()", "stay", {}, (talk) => talk.cancel("the user has left"), {
    loop: "cancelled",
    code: "cancelled",
    server: ["the handler ended: cancelled"],
  });
  await run("closeSend(), and a deadline for a server that stays", "stay", { timeoutMs: 200 }, (talk) => talk.closeSend(), {
    loop: "deadline_exceeded",
    code: "deadline_exceeded",
    server: ["the end of the requests", "the handler ended: deadline_exceeded"],
  });
});
