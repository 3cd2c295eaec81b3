import { FieldKind, type Fields, NO_FIELDS } from "../../base/field.js";
import { PLAIN_HEAD, type ResponseHead } from "../../exchange/client-protocol.js";
import { CodeNumber } from "../../rpc/code.js";
import { type Status, statusOf } from "../../rpc/status.js";
import { foreignHead } from "../foreign-head.js";
import { malformedMetadata, metadataFields } from "../metadata-fields.js";
import { GRPC_CODECS, type MediaType } from "./media-type.js";
import { readStatus } from "./status.js";

/** The status of a response that ended and did not say one. */
export const WITHOUT_TRAILERS: Status = /* @__PURE__ */ statusOf(CodeNumber.internal, "the response ended without trailers");

/**
 * Reads the heads of responses. A server says the same head again and again, and such a list is one object as long as it does: the last one is
 * remembered, with what it means.
 */
export class HeadReader {
  private readonly media: MediaType;
  private lastFields: Fields | undefined = undefined;
  private lastHead: ResponseHead = PLAIN_HEAD;

  constructor(media: MediaType) {
    this.media = media;
  }

  read(fields: Fields, end: boolean): ResponseHead {
    if (end) return this.parse(fields, true);
    if (fields !== this.lastFields) {
      this.lastHead = this.parse(fields, false);
      this.lastFields = fields;
    }
    return this.lastHead;
  }

  private parse(fields: Fields, end: boolean): ResponseHead {
    let httpStatus = "";
    let contentType: string | undefined;
    let compression = "identity";
    let hasStatus = false;
    let foreign = 0;
    for (const field of fields) {
      switch (field.kind) {
        case FieldKind.status:
          httpStatus = field.value;
          break;
        case FieldKind.contentType:
          contentType = field.value;
          break;
        case FieldKind.grpcEncoding:
          compression = field.value;
          break;
        case FieldKind.grpcStatus:
          hasStatus = true;
          break;
        default:
          foreign++;
      }
    }
    const codec = contentType === undefined ? undefined : this.media.codecOf(contentType);
    // A status that replaces head and body: all fields are trailers. A proxy's error page does not become a good end by it.
    const said = hasStatus && (codec !== undefined || contentType === undefined) ? readStatus(fields) : undefined;
    if (end && said !== undefined && (said.code !== CodeNumber.ok || httpStatus === "200")) return ended(NO_FIELDS, said);
    const metadata = foreign === 0 ? NO_FIELDS : metadataFields(fields);
    if (httpStatus !== "200" || codec === undefined) return foreignHead(this.media.protocol, httpStatus, contentType, metadata, end);
    if (end) return ended(metadata, WITHOUT_TRAILERS);
    if (!GRPC_CODECS.includes(codec)) {
      return ended(metadata, statusOf(CodeNumber.internal, `the response has the content-type ${JSON.stringify(contentType)}`));
    }
    const malformed = malformedMetadata("header", metadata);
    if (malformed !== undefined) return ended(metadata, malformed);
    if (metadata === NO_FIELDS && compression === "identity" && said === undefined) return PLAIN_HEAD;
    return { ...PLAIN_HEAD, compression, metadata, said };
  }
}

function ended(metadata: Fields, status: Status): ResponseHead {
  return { ...PLAIN_HEAD, metadata, status };
}
