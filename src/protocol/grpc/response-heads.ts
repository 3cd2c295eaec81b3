import { Field, FieldKind, type Fields } from "../../base/field.js";
import type { Status } from "../../rpc/status.js";
import type { MediaType } from "./media-type.js";
import { type FieldParts, statusExtra, statusField } from "./status.js";

/** The heads of responses of one media type: the same lists each time, which transports encode once. Bounded: codecs and compressions are ours. */
export class ResponseHeads {
  private readonly media: MediaType;
  private readonly plain: Fields;
  private readonly heads = new Map<string, Map<string, Fields>>();
  private readonly endings = new Map<string, Map<number, Fields>>();

  constructor(media: MediaType) {
    this.media = media;
    this.plain = [STATUS_200, this.contentType("proto")];
  }

  /** The head without the handler's metadata: the same list each time for the same arguments. */
  head(codec: string, compression: string): Fields {
    if (codec === "proto" && compression === "identity") return this.plain;
    const byCompression = inner(this.heads, codec);
    let head = byCompression.get(compression);
    if (head === undefined) {
      head = [STATUS_200, this.contentType(codec)];
      if (compression !== "identity") head = [...head, new Field("grpc-encoding", compression, false, FieldKind.grpcEncoding)];
      byCompression.set(compression, head);
    }
    return head;
  }

  /** Head and status in one, for a call that ends before it sent anything. */
  trailersOnly(status: Status, codec: string): FieldParts {
    const named = status.code <= 16;
    if (named) return { prepared: this.ending(codec, status.code), extra: statusExtra(status, false) };
    return { prepared: this.head(codec, "identity"), extra: statusExtra(status, true) };
  }

  /** Head and `grpc-status` in one, the same list each time for the same arguments; only for codes that have a name. */
  private ending(codec: string, code: number): Fields {
    const byCode = inner(this.endings, codec);
    let head = byCode.get(code);
    if (head === undefined) {
      head = [STATUS_200, this.contentType(codec), statusField(code)];
      byCode.set(code, head);
    }
    return head;
  }

  contentType(codec: string): Field {
    return new Field("content-type", this.media.of(codec), false, FieldKind.contentType);
  }
}

const STATUS_200 = new Field(":status", "200", false, FieldKind.status);

function inner<Key>(outer: Map<string, Map<Key, Fields>>, codec: string): Map<Key, Fields> {
  let found = outer.get(codec);
  if (found === undefined) {
    found = new Map();
    outer.set(codec, found);
  }
  return found;
}
