import { handled } from "./receiver.js";

/** Hears from a sender that it has room again, or never will. It is a listener until it is taken off, or until `onOver`. */
export interface RoomListener {
  /** A message would be accepted now. */
  onRoom(): void;
  /** No message is accepted any more. `why` makes the error that says so. */
  onOver(why: () => unknown): void;
}

/** What follows the messages of a sender beside the sends that wait: made with the first listener, or with an end that has to wait. */
export class Followers {
  /** Runs once everything that waits has been accepted. */
  last: (() => void) | undefined = undefined;
  listeners: readonly RoomListener[] = NO_LISTENERS;
  private promise: RoomPromise | undefined = undefined;

  get heard(): boolean {
    return this.listeners.length > 0;
  }

  add(listener: RoomListener): void {
    this.listeners = [...this.listeners, listener];
  }

  delete(listener: RoomListener): void {
    this.listeners = this.listeners.filter((other) => other !== listener);
  }

  /** Resolves with the next room: one promise for all who ask. */
  get room(): Promise<void> {
    if (this.promise === undefined) {
      this.promise = new RoomPromise(this);
      this.add(this.promise);
    }
    return this.promise.promise;
  }

  /** The promise of room has been kept. */
  kept(promise: RoomPromise): void {
    this.promise = undefined;
    this.delete(promise);
  }

  /** Tells the listeners of room, as long as there is any. */
  tellRoom(sender: { readonly ready: boolean }): void {
    for (const listener of this.listeners) {
      if (!sender.ready) return;
      listener.onRoom();
    }
  }

  tellOver(why: () => unknown): void {
    const { listeners } = this;
    this.listeners = NO_LISTENERS;
    this.promise = undefined;
    for (const listener of listeners) listener.onOver(why);
  }
}

export const NO_LISTENERS: readonly RoomListener[] = [];

/** `whenWritable()`. */
class RoomPromise implements RoomListener {
  readonly promise: Promise<void>;
  private readonly followers: Followers;
  private resolve!: () => void;
  private reject!: (error: unknown) => void;

  constructor(followers: Followers) {
    this.followers = followers;
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  onRoom(): void {
    this.followers.kept(this);
    this.resolve();
  }

  onOver(why: () => unknown): void {
    this.promise.then(undefined, handled);
    this.reject(why());
  }
}
