import type { DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import type { AbortSignalLike } from "../base/abort-signal.js";
import { badOption, integerOption, UsageError } from "../base/usage-error.js";
import { Encoded, encode } from "../rpc/encoded.js";
import { BroadcastMember, leftBroadcast, type MemberOwner } from "./broadcast-member.js";
import { rejected } from "./receiver.js";
import { type MessageStream, type SendingHalf, SendingHandle } from "./sending-half.js";
import { SLOW_READER_POLICIES, type SlowReader, type SlowReaderPolicy } from "./slow-reader.js";

/** Options of {@link createBroadcast}. */
export interface BroadcastOptions {
  /** What becomes of messages for a stream that does not keep up. */
  readonly slowReader: SlowReader;
  /**
   * Messages that may wait for one stream, beside what its outbox holds: 1 to 65,536, default 16. With `"latest"` always 1. They are shared
   * with the other streams; only references wait.
   */
  readonly maxWaiting?: number | undefined;
}

/** Options of `Broadcast.join`. */
export interface JoinOptions {
  /** Aborting takes the stream out of the broadcast: what waits for it is dropped, `join` rejects with `cancelled`, the stream goes on. */
  readonly signal?: AbortSignalLike | undefined;
}

/** What a broadcast has done so far. */
export interface BroadcastStatistics {
  /** Streams in it now. */
  readonly streams: number;
  /** Messages given to `send`. */
  readonly sent: number;
  /** Messages that were not sent to one stream, by the policy: each stream counts. */
  readonly dropped: number;
  /** Calls ended by the policy `"end"`. */
  readonly ended: number;
}

/** One sender, many streams: each message is encoded once, and every stream gets it as fast as its own reader goes. */
export interface Broadcast<Desc extends DescMessage> {
  /** Streams in it now. */
  readonly size: number;
  /**
   * Adds a stream: from the next message on it gets all. Resolves when the stream takes no more messages and has not failed, or when the
   * broadcast is closed and what waited has been sent; rejects with the call's error. Between messages the stream may be sent others.
   */
  join(stream: MessageStream<Desc>, options?: JoinOptions): Promise<void>;
  /**
   * Sends to all streams. With `"wait"`: a promise when some stream has no room for one more message, which resolves when every stream has;
   * sending before that throws `UsageError`. Otherwise undefined. Throws `UsageError` after `close()` and for what is no message of the type.
   */
  send(message: MessageInitShape<Desc> | Encoded<Desc>): Promise<void> | undefined;
  /** Takes no more messages; each stream leaves when what waits for it has been sent. Calls go on. Idempotent. */
  close(): void;
  statistics(): BroadcastStatistics;
}

/** Makes a broadcast of messages of one type. It holds a stream until its call ends, and no timer; it needs no end. Throws `UsageError`. */
export function createBroadcast<Desc extends DescMessage>(schema: Desc, options: BroadcastOptions): Broadcast<Desc> {
  const policy = SLOW_READER_POLICIES[options.slowReader];
  if (policy === undefined) badOption("slowReader", options.slowReader, `one of ${Object.keys(SLOW_READER_POLICIES).join(", ")}`);
  const most = options.slowReader === "latest" ? 1 : MAX_MAX_WAITING;
  const maxWaiting = integerOption("maxWaiting", options.maxWaiting ?? Math.min(most, DEFAULT_MAX_WAITING), 1, most);
  return new CallBroadcast(schema, policy, maxWaiting);
}

const DEFAULT_MAX_WAITING = 16;
const MAX_MAX_WAITING = 65_536;

class CallBroadcast<Desc extends DescMessage> implements Broadcast<Desc>, MemberOwner {
  readonly policy: SlowReaderPolicy;
  readonly maxWaiting: number;
  size = 0;
  private readonly schema: Desc;
  /** Holes are those who left while a message was being sent. */
  private members: (BroadcastMember | undefined)[] = [];
  private sending = false;
  /** Messages sent by what sending a message brought about: each stream gets them after it. */
  private next: Encoded[] = [];
  private full = 0;
  private room: Room | undefined = undefined;
  private closed = false;
  private sentCount = 0;
  private droppedCount = 0;
  private endedCount = 0;

  constructor(schema: Desc, policy: SlowReaderPolicy, maxWaiting: number) {
    this.schema = schema;
    this.policy = policy;
    this.maxWaiting = maxWaiting;
  }

  join(stream: MessageStream<Desc>, options?: JoinOptions): Promise<void> {
    const call = this.checked(stream);
    const signal = options?.signal;
    if (call.sendingOver) {
      const error = call.error();
      return error === undefined ? Promise.resolve() : rejected(error);
    }
    if (signal?.aborted) return rejected(leftBroadcast(signal.reason));
    if (this.closed) return Promise.resolve();
    const member = new BroadcastMember(this, call);
    member.index = this.members.length;
    this.members.push(member);
    this.size++;
    member.start(signal);
    SendingHandle.keep(stream, member.done);
    return member.done;
  }

  private checked(stream: MessageStream): SendingHalf {
    const call = SendingHandle.halfOf(stream);
    if (call === undefined) throw new UsageError("join() takes a call that sends a stream, or a handler's out");
    const { typeName } = call.setup.sends.schema;
    if (typeName !== this.schema.typeName) {
      throw new UsageError(`this broadcast sends ${this.schema.typeName}; the stream given to join() sends ${typeName}`);
    }
    const joined = call.sender?.listeners.some((listener) => listener instanceof BroadcastMember && listener.owner === this);
    if (joined) throw new UsageError("join() was called twice with the same stream: it would get every message twice");
    return call;
  }

  send(message: MessageInitShape<Desc> | Encoded<Desc>): Promise<void> | undefined {
    if (this.closed) throw new UsageError("send() after close(): the broadcast takes no more messages");
    if (this.waits) throw new UsageError("send() was called while a stream has no room; await what the last send() returned");
    const encoded = this.encoded(message);
    this.sentCount++;
    if (this.sending) this.next.push(encoded);
    else this.sendAll(encoded);
    return this.waits ? this.whenRoom() : undefined;
  }

  private encoded(message: MessageInitShape<Desc> | Encoded<Desc>): Encoded {
    if (!(message instanceof Encoded)) return encode(this.schema, message);
    const { typeName } = message.schema;
    if (typeName === this.schema.typeName) return message;
    throw new UsageError(`this broadcast sends ${this.schema.typeName}; the encoded message is of type ${typeName}`);
  }

  private sendAll(first: Encoded): void {
    this.sending = true;
    for (let message: Encoded | undefined = first; message !== undefined; message = this.next.shift()) {
      const { members } = this;
      // who joins meanwhile gets the next message
      const { length } = members;
      for (let i = 0; i < length; i++) members[i]?.take(message);
    }
    this.sending = false;
    if (this.size !== this.members.length) this.closeRanks();
  }

  private closeRanks(): void {
    const members = this.members.filter((member) => member !== undefined);
    for (const [index, member] of members.entries()) member.index = index;
    this.members = members;
  }

  close(): void {
    this.closed = true;
    for (const member of [...this.members]) member?.close();
    this.settleRoom();
  }

  statistics(): BroadcastStatistics {
    return { streams: this.size, sent: this.sentCount, dropped: this.droppedCount, ended: this.endedCount };
  }

  // ---- what the streams tell

  dropped(): void {
    this.droppedCount++;
  }

  endedCall(): void {
    this.endedCount++;
  }

  fullMembers(change: 1 | -1): void {
    this.full += change;
    if (this.full === 0) this.settleRoom();
  }

  left(member: BroadcastMember): void {
    this.size--;
    const { members } = this;
    if (this.sending) {
      members[member.index] = undefined;
      return;
    }
    const last = members.pop();
    if (last === undefined || last === member) return;
    members[member.index] = last;
    last.index = member.index;
  }

  // ---- waiting for the slowest

  private get waits(): boolean {
    return this.policy.waits && this.full > 0;
  }

  private whenRoom(): Promise<void> {
    this.room ??= new Room();
    return this.room.promise;
  }

  private settleRoom(): void {
    const { room } = this;
    this.room = undefined;
    room?.resolve();
  }
}

/** Every stream has room again: one promise for a whole broadcast. */
class Room {
  readonly promise: Promise<void>;
  resolve!: () => void;

  constructor() {
    this.promise = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }
}
