import { Field, FieldKind, type Fields } from "../../base/field.js";
import { encodeUtf8 } from "../../base/utf8.js";
import type { Refusal, RequestHead } from "../../exchange/server-protocol.js";
import { CodeNumber } from "../../rpc/code.js";
import { type Status, statusOf } from "../../rpc/status.js";
import type { MediaType } from "./media-type.js";
import { acceptEncodingField } from "./request-head.js";
import type { ResponseHeads } from "./response-heads.js";
import { statusExtra } from "./status.js";

/**
 * What a request that no handler may see is answered. The HTTP statuses are for whoever does not speak the protocol, the rest for those who
 * do; both as grpc-go gives them.
 */
export class Refusals {
  private readonly media: MediaType;
  private readonly heads: ResponseHeads;

  constructor(media: MediaType, heads: ResponseHeads) {
    this.media = media;
    this.heads = heads;
  }

  httpMethod(method: string): Refusal {
    const because = `the HTTP method is ${method || "missing"}; ${this.media.protocol} has POST only`;
    return this.refusal("405", CodeNumber.internal, because, [new Field("allow", "POST", false, FieldKind.plain)]);
  }

  contentType(contentType: string | undefined): Refusal {
    const shown = contentType === undefined ? "missing" : JSON.stringify(contentType);
    const because = `the content-type is ${shown}; it must be ${this.media}, with +proto or +json`;
    return this.refusal("415", CodeNumber.invalid_argument, because);
  }

  field(field: Field, range: string): Refusal {
    return this.refusal("400", CodeNumber.internal, `the field "${field.name}" is malformed; it must be ${range}`);
  }

  path(path: string): Refusal {
    const because = `the path is ${JSON.stringify(path)}; it must be /package.Service/Method`;
    return this.refusal("200", CodeNumber.unimplemented, because);
  }

  compression(request: RequestHead, supported: readonly string[]): Refusal {
    const ours = supported.length === 0 ? ["identity"] : supported;
    const because = `the grpc-encoding is ${JSON.stringify(request.compression)}; supported is ${ours.join(", ")}`;
    return this.refusal("200", CodeNumber.unimplemented, because, [acceptEncodingField(ours)], request.codec);
  }

  /** The whole answer to a call that ends before any handler. */
  call(status: Status, codec: string): Refusal {
    const { prepared, extra } = this.heads.trailersOnly(status, codec);
    return { kind: "refusal", fields: [...prepared, ...extra], body: NO_BODY, because: status.message };
  }

  private refusal(httpStatus: string, code: number, because: string, more: Fields = [], codec = "proto"): Refusal {
    const head = [new Field(":status", httpStatus, false, FieldKind.status), this.heads.contentType(codec)];
    const body = httpStatus === "200" ? NO_BODY : encodeUtf8(`${because}\n`);
    return { kind: "refusal", fields: [...head, ...more, ...statusExtra(statusOf(code, because), true)], body, because };
  }
}

const NO_BODY: Uint8Array = new Uint8Array(0);
