/*
 * The reference: one call as docs/contract.md describes it, both ends and what is between them, written without the kernel.
 * An input acts at once on the end that makes it. What passes between the ends are steps that happen later, in any order that the state allows:
 * while something is under way a state has several successors, and the kernel must behave as one of them. At rest hardly anything is undecided.
 * `ops` are the promises given out, in order: `-` while one waits, then what it came to.
 */
import type { Setting } from "./setting.js";
import { type Item, type Line, newState, type State, type Take, WAITS, type Waiting } from "./state.js";

/** The continuation of `recv+` calls `close()`. `closing time` passes when `closeTimeoutMs` does, `s.` is done by the handler. */
const INPUTS = "cancel deadline cut drain s.headers s.return s.throw".split(" ");
const UP = ["send", "half-close", "abort send", "s.recv", "s.break"];
const DOWN = ["recv", "recv+", "abort recv", "close", "closing time", "s.send"];

export const codeOf = (end: string) => end.slice(0, end.indexOf("/"));
/** What a send after the end comes to. */
const sendError = (end: string) => (codeOf(end) === "ok" ? "failed_precondition" : codeOf(end));

export class Reference {
  readonly setting: Setting;
  private readonly streamsUp: boolean;
  private readonly streamsDown: boolean;
  constructor(setting: Setting) {
    this.setting = setting;
    this.streamsUp = setting.kind === "client" || setting.kind === "bidi";
    this.streamsDown = setting.kind === "server" || setting.kind === "bidi";
  }
  /** A call has just been made, on a connection that is up. Where requests are no stream, `head` is all of the request. */
  begin(): State {
    const s = newState();
    s.halfClosed = !this.streamsUp;
    s.up.queue.push("head");
    this.pump(s, s.up);
    if (this.setting.kind === "unary") this.op(s, s.finishes);
    return s;
  }
  /** What can be done with a call of the kind. */
  inputs = (): string[] => [...INPUTS, ...(this.streamsUp ? UP : []), ...(this.streamsDown ? DOWN : [])];
  input(s: State, input: string): void {
    const { up, down } = s;
    if (input === "send") this.send(s, up, s.clientEnd !== "" ? sendError(s.clientEnd) : s.halfClosed ? "failed_precondition" : "");
    else if (input === "half-close") {
      if (!this.streamsDown) this.op(s, s.finishes);
      this.halfClose(s);
      this.answer(s);
    } else if (input === "recv" || input === "recv+") this.receive(s, down, s.clientEnd, input === "recv+");
    else if (input === "abort recv") this.settleReader(s, down, "E cancelled", !down.readerCloses);
    else if (input === "abort send") {
      this.failSends(s, up, "cancelled", up.last);
      this.pump(s, up);
    } else if (input === "cancel" || (input === "closing time" && s.closing)) this.cancel(s);
    else if (input === "close") this.close(s);
    else if (input === "cut") s.lostClient = s.lostServer = true;
    else if (input === "drain") s.drain = true;
    else if (input === "deadline") {
      this.endServer(s, "deadline_exceeded/engine", "dropped");
      this.endHere(s, "deadline_exceeded/engine");
    } else if (s.begun) this.handlerInput(s, input);
  }
  private handlerInput(s: State, input: string): void {
    if (input === "s.recv") this.receive(s, s.up, s.serverEnd, false);
    else if (input === "s.headers") this.sendHead(s);
    else if (input === "s.break" && s.serverEnd === "") this.dropReader(s, s.up);
    else if (input === "s.send") {
      const error = s.serverEnd !== "" ? sendError(s.serverEnd) : s.status === "" ? "" : "failed_precondition";
      if (error === "") this.sendHead(s);
      this.send(s, s.down, error);
    } else if (/return|throw/.test(input) && s.returning === "" && !s.rests) s.returning = input === "s.return" ? "ok" : "aborted";
  }
  /** The handler's promise has settled. */
  private settleHandler(s: State): void {
    const status = s.returning;
    s.returning = "";
    s.rests = true;
    if (s.serverEnd !== "") return;
    if (status === "ok" && !this.streamsDown) {
      this.sendHead(s);
      s.down.queue.push(1);
    }
    s.status = status;
    if (status !== "ok") this.failSends(s, s.down, "failed_precondition");
    s.down.last = "status";
    this.pump(s, s.down);
  }
  private op(s: State, waiting?: number[]): number {
    waiting?.push(s.ops.length);
    return s.ops.push(WAITS) - 1;
  }
  private send(s: State, line: Line, error: string): void {
    const entry = { op: this.op(s), id: line.next++ };
    if (error !== "") s.ops[entry.op] = `E ${error}`;
    else if (line.blocked || line.waiting.length > 0) line.waiting.push(entry);
    else this.accept(s, line, entry);
  }
  private accept(s: State, line: Line, { op, id }: Waiting): void {
    s.ops[op] = "ok";
    line.queue.push(id);
    this.pump(s, line);
    line.blocked = s.connected && line.queue.length > 0;
  }
  /** Puts on the way what there is credit for. */
  private pump(s: State, line: Line): void {
    if (line.waiting.length === 0 && line.last !== undefined) {
      line.queue.push(line.last);
      line.last = undefined;
    }
    while (this.moves(s, line)) {
      const item = line.queue.shift() as Item;
      if (typeof item === "number") line.unread++;
      if (item === "status") s.leaving = true;
      line.wire.push(item);
    }
  }
  private moves(s: State, line: Line): boolean {
    return s.connected && line.queue.length > 0 && (typeof line.queue[0] !== "number" || line.unread < this.setting.window);
  }
  private writable(s: State, line: Line): void {
    line.blocked = false;
    while (!line.blocked && line.waiting.length > 0) this.accept(s, line, line.waiting.shift() as Waiting);
    this.pump(s, line);
  }
  private halfClose(s: State): void {
    if (s.halfClosed || s.clientEnd !== "") return;
    s.halfClosed = true;
    s.up.last = "end";
    this.pump(s, s.up);
  }
  private sendHead(s: State): void {
    s.earlyHead = false;
    if (s.headSent || s.serverEnd !== "" || s.status !== "") return;
    s.headSent = true;
    s.down.queue.push("head");
    this.pump(s, s.down);
  }
  private receive(s: State, line: Line, end: string, closes: boolean): void {
    const op = this.op(s);
    if (line.reader >= 0) return void (s.ops[op] = "usage");
    line.reader = op;
    line.readerCloses = closes;
    const id = line.inbox.shift();
    if (id !== undefined) {
      line.unread--;
      this.settleReader(s, line, `m${id}`);
    } else if (line.over !== "") this.settleReader(s, line, line.over === "badly" ? `E ${codeOf(end)}` : "none");
  }
  private settleReader(s: State, line: Line, result: string, may = true): void {
    if (line.reader < 0 || !may) return;
    s.ops[line.reader] = result;
    line.reader = -1;
    if (line.readerCloses) s.continuations++;
  }
  /** Nobody wants the messages of this half any more. */
  private dropReader(s: State, line: Line): void {
    Object.assign(line, { unread: line.unread - line.inbox.length, inbox: [], over: "dropped" });
    this.settleReader(s, line, "none");
  }
  private arrive(s: State, line: Line, id: number): void {
    if (line.over !== "dropped" && line.reader < 0) return void line.inbox.push(id);
    line.unread--;
    this.settleReader(s, line, `m${id}`);
  }
  private close(s: State, continued = 0): void {
    s.continuations -= continued;
    this.dropReader(s, s.down);
    this.op(s, s.closes);
    if (this.setting.closeMax < 0) this.cancel(s);
    else if (s.clientEnd === "") s.closing = true;
    this.halfClose(s);
    this.answer(s);
  }
  private readonly cancel = (s: State): void => this.endHere(s, "cancelled/application");
  /** The client ends the call: the server is told. */
  private endHere(s: State, end: string): void {
    if (s.clientEnd !== "") return;
    s.reset = s.connected;
    this.endClient(s, end, "dropped");
  }
  private endClient(s: State, end: string, inbox: "kept" | "dropped"): void {
    if (s.clientEnd !== "") return;
    s.clientEnd = end;
    s.closing = false;
    if (s.headers === WAITS) s.headers = codeOf(end) === "ok" ? "ok" : `E ${codeOf(end)}`;
    this.failSends(s, s.up, sendError(end));
    s.up.queue = [];
    this.endReader(s, s.down, end, codeOf(end) === "ok" ? "well" : inbox);
    this.answer(s);
  }
  private answer(s: State): void {
    if (s.clientEnd === "") return;
    for (const op of s.closes) s.ops[op] = s.clientEnd;
    for (const op of s.finishes) s.ops[op] = codeOf(s.clientEnd) === "ok" ? s.reply : `E ${codeOf(s.clientEnd)}`;
  }
  private endServer(s: State, end: string, inbox: "well" | "kept" | "dropped"): void {
    if (s.serverEnd !== "" || !s.begun) return;
    s.serverEnd = end;
    s.aborted = inbox !== "well";
    this.failSends(s, s.down, sendError(end));
    s.down.queue = [];
    this.endReader(s, s.up, end, inbox);
  }
  private endReader(s: State, line: Line, end: string, how: "well" | "kept" | "dropped"): void {
    if (line.over === "dropped") return;
    if (how === "dropped") line.inbox = [];
    if (line.over === "" || how === "dropped") line.over = how === "well" ? "well" : "badly";
    this.settleReader(s, line, line.over === "well" ? "none" : `E ${codeOf(end)}`);
  }
  private failSends(s: State, line: Line, error: string, last?: Item): void {
    for (const { op } of line.waiting) s.ops[op] = `E ${error}`;
    Object.assign(line, { waiting: [], last });
  }
  /** Every step that may come next. None: the call is at rest. */
  steps(s: State): Take[] {
    const { up, down } = s;
    const unseen = !s.begun && s.clientEnd === "";
    const possible: [boolean, Take][] = [
      [!s.connected, (it) => this.connect(it)],
      [s.connected && up.wire.length > 0, (it) => this.atServer(it, it.up.wire.shift() as Item)],
      [down.wire.length > 0, (it) => this.atClient(it, it.down.wire.shift() as Item)],
      [this.moves(s, up), (it) => this.pump(it, it.up)],
      [this.moves(s, down), (it) => this.pump(it, it.down)],
      [up.blocked && up.queue.length === 0, (it) => this.writable(it, it.up)],
      [down.blocked && down.queue.length === 0, (it) => this.writable(it, it.down)],
      [s.earlyHead, (it) => this.sendHead(it)],
      [s.returning !== "", (it) => this.settleHandler(it)],
      [s.leaving, (it) => this.left(it)],
      [s.reset, (it) => this.lostAtServer(it, "peer")],
      [s.lostServer, (it) => this.lostAtServer(it, this.setting.lostBy[1])],
      [s.lostClient, (it) => this.lostAtClient(it)],
      [(s.lostClient || s.drain) && unseen, (it) => this.sendAgain(it)],
      [s.drain && !unseen, (it) => this.hearOfDrain(it)],
      [s.continuations > 0, (it) => this.close(it, 1)],
    ];
    return possible.filter(([may]) => may).map(([, take]) => take);
  }
  private connect(s: State): void {
    s.connected = true;
    this.pump(s, s.up);
    s.up.blocked = s.up.queue.length > 0;
  }
  private atServer(s: State, item: Item): void {
    if (item === "head") {
      s.begun = true;
      s.earlyHead = this.setting.kind === "server";
    } else if (s.serverEnd !== "") return;
    else if (item !== "end") this.arrive(s, s.up, item as number);
    else if (s.up.over === "") {
      s.up.over = "well";
      this.settleReader(s, s.up, "none");
    }
  }
  private atClient(s: State, item: Item): void {
    if (item === "status") {
      this.left(s);
      this.endClient(s, `${s.status}/peer`, "kept");
    } else if (s.clientEnd !== "") return;
    if (item === "head") s.headers = "ok";
    if (item === "head" && this.setting.cancelOnHeaders) this.cancel(s);
    if (typeof item !== "number") return;
    if (!this.streamsDown) {
      s.down.unread--;
      s.reply = `m${item}`;
    } else {
      this.arrive(s, s.down, item);
      if (s.closing && ++s.dropped > this.setting.closeMax) this.cancel(s);
    }
  }
  /** The handler's status has left: that is the server's end. */
  private left(s: State): void {
    s.leaving = false;
    this.endServer(s, `${s.status}/application`, "well");
  }
  /** By the client's reset, which may overtake what the client sent before, or with the connection. */
  private lostAtServer(s: State, by: string): void {
    s.reset = s.lostServer = false;
    s.up.wire = [];
    this.endServer(s, `cancelled/${by}`, "kept");
  }
  private lostAtClient(s: State): void {
    s.lostClient = false;
    this.endClient(s, `unavailable/${this.setting.lostBy[0]}`, "kept");
  }
  /** What may happen in the turn of an input: either end hears of a cut, credit is given back. */
  prompt(s: State): Take[] {
    const takes: Take[] = [];
    if (s.lostServer) takes.push((it) => this.lostAtServer(it, this.setting.lostBy[1]));
    if (s.lostClient) takes.push((it) => this.lostAtClient(it));
    if (this.moves(s, s.up)) takes.push((it) => this.pump(it, it.up));
    if (this.moves(s, s.down)) takes.push((it) => this.pump(it, it.down));
    return takes;
  }
  private hearOfDrain(s: State): void {
    s.drain = false;
    if (s.begun && s.serverEnd === "") s.draining = true;
  }
  /** No handler has seen the call: it is made again, unseen. */
  private sendAgain(s: State): void {
    s.lostClient = s.lostServer = s.drain = s.connected = false;
    Object.assign(s.up, { queue: [...s.up.wire, ...s.up.queue], wire: [], unread: 0 });
  }
}
