import { ErrorCode } from "../../base/error-code.js";
import { type Fields, findField } from "../../base/field.js";
import type { ExchangeAcceptor } from "../../exchange/connection.js";
import type { Exchange, ExchangeEvents } from "../../exchange/exchange.js";
import { ScriptedCall, type ScriptedFields } from "./scripted-call.js";

/** What a scripted server does with each call, from its head on. Doing nothing is to stay silent. */
export type Script = (call: ScriptedCall) => unknown;

const RESPONSE_HEAD: ScriptedFields = { ":status": "200", "content-type": "application/grpc" };

/** A server without rules: hands every exchange to a script. */
export class ScriptedServer implements ExchangeAcceptor {
  private readonly script: Script;
  private readonly onFailed: (error: unknown, path: string) => void;

  /** `onFailed` is told of a script that threw; its exchange is reset. */
  constructor(script: Script, onFailed: (error: unknown, path: string) => void) {
    this.script = script;
    this.onFailed = onFailed;
  }

  onExchange(exchange: Exchange, head: Fields, end: boolean): ExchangeEvents {
    const call = new ScriptedCall(findField(head, ":path") ?? "", head, RESPONSE_HEAD, () => exchange);
    exchange.settled();
    if (end) call.halfEnded();
    void this.run(call);
    return call;
  }

  private async run(call: ScriptedCall): Promise<void> {
    try {
      await this.script(call);
    } catch (error) {
      this.onFailed(error, call.path);
      call.reset(ErrorCode.INTERNAL_ERROR);
    }
  }
}
