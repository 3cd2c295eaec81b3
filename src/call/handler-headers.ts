import type { Fields } from "../base/field.js";
import { UsageError } from "../base/usage-error.js";
import { Metadata } from "../rpc/metadata.js";

/** The response headers as a handler sets them: until they are sent. */
export class HandlerHeaders extends Metadata {
  private sent = false;

  /** From now on every change throws {@link UsageError}. */
  seal(): this {
    this.sent = true;
    return this;
  }

  protected override change(fields: Fields): this {
    if (this.sent) {
      throw new UsageError("the response headers have been sent; set headers before the first message and before sendHeaders()");
    }
    return super.change(fields);
  }
}
