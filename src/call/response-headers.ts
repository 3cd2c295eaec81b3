import { type Fields, NO_FIELDS } from "../base/field.js";
import { Metadata } from "../rpc/metadata.js";
import { handled } from "./receiver.js";

/** The promise of a call's response headers, made when somebody asks for it. */
export class ResponseHeaders {
  readonly promise: Promise<Metadata>;
  private resolve!: (headers: Metadata) => void;
  private reject!: (error: unknown) => void;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  arrived(fields: Fields): void {
    this.resolve(Metadata.fromFields(fields));
  }

  /** The call has ended: badly with an error, or well without headers. Does nothing after `arrived`. */
  ended(error: unknown): void {
    if (error === undefined) this.arrived(NO_FIELDS);
    else {
      this.promise.then(undefined, handled);
      this.reject(error);
    }
  }
}
