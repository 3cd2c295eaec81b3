/** What is on its way: a message by its number, else the head, the client's end, the handler's status. */
export type Item = number | "head" | "end" | "status";
export interface Waiting {
  readonly op: number;
  readonly id: number;
}
export const WAITS = "-";

/** One direction. Sender: what waits, what goes when nothing waits any more, what was accepted and has no credit yet. Then the reader. */
const newLine = () => ({
  ...{ waiting: [] as Waiting[], last: undefined as Item | undefined, queue: [] as Item[], blocked: false, next: 1 },
  ...{ wire: [] as Item[], unread: 0 },
  ...{ inbox: [] as number[], over: "" as "" | "well" | "badly" | "dropped", reader: -1, readerCloses: false },
});
export type Line = ReturnType<typeof newLine>;

/** Ends are `code/initiator`, empty until they come. The last row is under way: it has been caused, and not yet been heard of. */
export const newState = () => ({
  ...{ ops: [] as string[], up: newLine(), down: newLine(), connected: true, clientEnd: "", serverEnd: "" },
  ...{ halfClosed: false, closing: false, dropped: 0, headers: WAITS, reply: "", finishes: [] as number[], closes: [] as number[] },
  ...{ begun: false, headSent: false, status: "", rests: false, aborted: false, draining: false },
  ...{
    earlyHead: false,
    returning: "",
    leaving: false,
    reset: false,
    lostClient: false,
    lostServer: false,
    drain: false,
    continuations: 0,
  },
});
export type State = ReturnType<typeof newState>;
export type Take = (state: State) => void;

const copyLine = (it: Line): Line => ({ ...it, waiting: [...it.waiting], queue: [...it.queue], wire: [...it.wire], inbox: [...it.inbox] });
export const copy = (s: State): State => ({
  ...{ ...s, ops: [...s.ops], up: copyLine(s.up), down: copyLine(s.down), finishes: [...s.finishes], closes: [...s.closes] },
});
