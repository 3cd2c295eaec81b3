// The handlers of all libraries: what they do is in the metadata field `x-script`, as `WHAT/ID`, and noted under that.
import { setImmediate as turn } from "node:timers/promises";

/** Returns the handlers, and what is known of each script's calls. */
export function makeHandlers() {
  const notes = new Map();

  const output = (call) => run(note(notes, call), (known) => outputs[known.what](known));
  const duplex = (call, requests) => run(note(notes, call), (known) => echo(known, requests));
  async function input(call, requests) {
    const known = note(notes, call);
    try {
      return await inputs[known.what](known, requests);
    } finally {
      known.active--;
      known.finalised++;
    }
  }
  return { handlers: { output, duplex, input }, notes };
}

async function* run(known, produce) {
  try {
    yield* produce(known);
  } finally {
    known.active--;
    known.finalised++;
  }
}

function note(notes, { script, signal, whenDone }) {
  const known = notes.get(script) ?? { active: 0, finalised: 0, produced: 0, aborted: 0, told: 0, whole: 0, received: 0 };
  notes.set(script, known);
  known.active++;
  signal.addEventListener("abort", () => known.aborted++, { once: true });
  whenDone(() => known.told++);
  return Object.assign(known, { what: script.split("/")[0], signal: undefined, aborting: aborting(signal) });
}

/** Rejects when the call is cut off. */
function aborting(signal) {
  const promise = new Promise((_, reject) => {
    const fail = () => reject(signal.reason ?? new Error("aborted"));
    if (signal.aborted) fail();
    else signal.addEventListener("abort", fail, { once: true });
  });
  promise.catch(() => {});
  return () => promise;
}

const small = { payload: { body: new Uint8Array(10) } };
const large = { payload: { body: new Uint8Array(64 * 1024) } };

const outputs = {
  async *endless(known) {
    while (true) {
      await turn();
      known.produced++;
      yield small;
    }
  },
  async *"endless-large"(known) {
    while (true) {
      await turn();
      known.produced++;
      yield large;
    }
  },
  async *three() {
    for (let i = 0; i < 3; i++) yield small;
  },
  // biome-ignore lint/correctness/useYield: it never gets there
  async *idle(known) {
    await known.aborting();
  },
};

async function* echo(known, requests) {
  for await (const _ of requests) {
    known.received++;
    yield small;
  }
  known.whole++;
}

const inputs = {
  async "never-reads"(known) {
    await known.aborting();
    return {};
  },
  async first(known, requests) {
    for await (const _ of requests) {
      known.received++;
      break;
    }
    return { aggregatedPayloadSize: 1 };
  },
  async collect(known, requests) {
    for await (const _ of requests) known.received++;
    // Where the iteration of a call that was cut off ends as a whole one does, the signal is what a careful handler looks at.
    if (known.aborted === 0) known.whole++;
    return {};
  },
};
