// A chat room, and two handlers of `Chat.Watch` for it: one careless, one careful.
import { RpcError } from "sluice";

/** Who watches which room. Joining takes a while, as asking a database does. */
export class Rooms {
  /** @param sleep `(ms) => Promise`: the clock of the world, or of the process. */
  constructor(sleep) {
    this.sleep = sleep;
    this.seats = new Set();
  }

  async join(room) {
    await this.sleep(5);
    const seat = new Seat(room, () => this.seats.delete(seat));
    this.seats.add(seat);
    return seat;
  }

  publish(room, text) {
    for (const seat of this.seats) if (seat.room === room) seat.put({ text });
  }
}

/** A place in a room: the events since it was taken, until it is left. */
class Seat {
  constructor(room, onLeave) {
    this.room = room;
    this.onLeave = onLeave;
    this.events = [];
    this.left = false;
    this.wake = () => {};
  }

  put(event) {
    this.events.push(event);
    this.wake();
  }

  leave() {
    this.left = true;
    this.onLeave();
    this.wake();
  }

  async *[Symbol.asyncIterator]() {
    while (!this.left) {
      yield* this.events.splice(0);
      if (!this.left) await new Promise((resolve) => (this.wake = resolve));
    }
  }
}

/** Looks right, and passes the test that one writes by hand: a client that watches, gets an event, and leaves. */
export const careless = (rooms) => ({
  async watch({ room }, ctx, out) {
    const seat = await rooms.join(room);
    ctx.signal.addEventListener("abort", () => seat.leave());
    for await (const event of seat) await out.send(event);
  },
});

/** The client may have left while the handler joined: then the signal has aborted already, and says so to nobody. */
export const careful = (rooms) => ({
  async watch({ room }, ctx, out) {
    const seat = await rooms.join(room);
    try {
      if (ctx.signal.aborted) throw ctx.signal.reason;
      ctx.signal.addEventListener("abort", () => seat.leave());
      for await (const event of seat) await out.send(event);
      throw new RpcError("unavailable", "the room was closed");
    } finally {
      seat.leave();
    }
  },
});
