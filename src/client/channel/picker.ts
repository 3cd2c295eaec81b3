import type { Peer } from "../../base/peer.js";
import type { AttemptEnd } from "../../call/attempted-call.js";
import type { Method } from "../../rpc/method.js";

/** A connection that a {@link Picker} may choose. */
export interface PickableConnection {
  readonly peer: Peer;
  /** Calls that may be opened on it now; above 0. */
  readonly capacity: number;
  readonly openExchanges: number;
}

/** What is known of the attempt that wants a connection. */
export interface PickRequest {
  readonly method: Method;
  /** 0 for the first attempt of a call. */
  readonly attempt: number;
}

/** A choice, and who wants to know how the attempt ends. */
export interface Pick {
  readonly connection: PickableConnection;
  /** Called exactly once for the attempt, when its transport has ended, whether or not anyone reads on. Must not throw. */
  readonly done?: (end: AttemptEnd) => void;
}

/** Chooses a connection for each attempt of a call. */
export interface Picker {
  /** Undefined: the call waits until something changes. Must not throw. */
  pick(connections: readonly PickableConnection[], request: PickRequest): Pick | undefined;
}

/** The first connection that has room: calls stay on one connection until it is full. */
export const pickFirst: Picker = {
  pick(connections) {
    const connection = connections[0];
    return connection === undefined ? undefined : { connection };
  },
};
