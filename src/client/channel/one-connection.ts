import type { AttemptedCall, Dispatcher } from "../../call/attempted-call.js";
import type { ClientConnection } from "../../exchange/connection.js";
import { CodeNumber } from "../../rpc/code.js";
import { type Status, statusOf } from "../../rpc/status.js";
import type { CallParts } from "../call-parts.js";
import { CallSiteNotes } from "../call-site.js";

/**
 * Sends calls over one connection, beside those of its channel: they are about the connection, so no other will do, the channel counts them nowhere, and
 * they keep no process alive.
 */
export class OneConnection implements Dispatcher {
  readonly parts: CallParts;
  private readonly connection: ClientConnection;

  constructor(connection: ClientConnection, parts: CallParts) {
    this.connection = connection;
    // what runs around the calls of a channel may itself call, and would wait for this
    this.parts = { ...parts, interceptors: [] };
  }

  dispatch(call: AttemptedCall): void {
    const { connection } = this;
    if (connection.capacity === 0) {
      call.giveUp(NO_ROOM, "network");
      return;
    }
    connection.aside = (connection.aside ?? 0) + 1;
    call.attach(connection, () => {
      connection.aside = (connection.aside ?? 0) - 1;
    });
  }

  callSitesOf(): CallSiteNotes {
    return new CallSiteNotes("never");
  }

  begun(): void {}
  forget(): void {}
  timedOutIdle(): void {}
  handed(): void {}
  abandoned(): void {}
  released(): void {}
}

const NO_ROOM: Status = statusOf(CodeNumber.unavailable, "the connection takes no more calls");
