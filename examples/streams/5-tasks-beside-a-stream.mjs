// Tasks beside a bidi stream: one of them fails. And one receive that is given up, while the stream goes on.
//   connect-go #735, #823: under an errgroup a parked Receive or Send does not end with the group: the context that would end it is the
//   stream's own, and on a server nothing ends it. #264: a context for one Receive or Send alone. None of connect-go, grpc-go and
//   dubbo-go has one.
// Here withGroup() is the errgroup that also ends the calls it owns, and receive() takes a signal of its own.
import { setTimeout as sleep } from "node:timers/promises";
import { withGroup } from "sluice";
import { ms, Notes, situation, untilAborted } from "./situation.mjs";

const heard = new Notes();

const implementation = {
  /** Answers what it is asked in its own time; "stop reading" is the last thing that it reads. */
  async converse(requests, context, out) {
    try {
      for await (const { text } of requests) {
        if (text === "stop reading") await untilAborted(context.signal);
        await sleep(100, undefined, { signal: context.signal });
        await out.send({ text: `you said ${text}` });
      }
    } finally {
      heard.add(context.signal.aborted ? context.signal.reason.code : "ok");
    }
  },
};

await situation("5. Tasks beside a stream", implementation, async ({ chat, client, server }) => {
  const ends = {};
  const failure = new Error("the task fails");
  let failedAt = 0;
  const error = await withGroup(undefined, async (group) => {
    const talk = group.own(chat.converse());
    void group
      .run(async () => {
        await talk.send({ text: "stop reading" });
        // 64 KiB at a time into a stream that nobody reads: this waits
        for (;;) await talk.send({ body: new Uint8Array(64 * 1024) });
      })
      .catch((caught) => {
        ends.send = caught.code;
      });
    void group.run(async () => {
      await sleep(50);
      failedAt = performance.now();
      throw failure;
    });
    void group
      .run(() => sleep(60_000, undefined, { signal: group.signal }))
      .catch((caught) => {
        ends.sleep = caught.name;
      });
    await talk.receive().catch((caught) => {
      ends.receive = caught.code;
      throw caught;
    });
  }).catch((caught) => caught);
  const took = performance.now() - failedAt;
  client(`one task failed; the group was over ${ms(took)} later, and threw that very error`, error === failure && took < 1_000);
  client(
    `the parked receive(): ${ends.receive}; the blocked send(): ${ends.send}`,
    ends.receive === "cancelled" && ends.send === "cancelled",
  );
  client(`the task that slept with the group's signal: ${ends.sleep}`, ends.sleep === "AbortError");
  const cutOff = await heard.next();
  server(`its handler ended: ${cutOff}`, cutOff === "cancelled");

  const talk = chat.converse();
  await talk.send({ text: "a" });
  const given = await talk.receive({ timeoutMs: 20 }).catch((caught) => caught);
  client(`one receive() was given up: ${given.code}, "${given.message}"`, given.code === "deadline_exceeded");
  const message = await talk.receive();
  client(`the next one has the message: "${message.text}"`, message.text === "you said a");
  talk.closeSend();
  client(`and the stream ends as it should: ${(await talk.close()).code}`, (await talk.outcome).code === "ok");
  const whole = await heard.next();
  server(`its handler ended: ${whole}`, whole === "ok");
});
