import { Field, FieldKind, type Fields } from "../../base/field.js";

/** The heads of responses, the same lists each time, which transports encode once. Bounded: codecs and compressions are ours. */
export class ResponseHeads {
  private readonly typePrefix: string;
  private readonly encodingName: string;
  private readonly heads = new Map<string, Map<string, Fields>>();

  /** `typePrefix` stands before the codec in content types; `encodingName` names the field of the compression. */
  constructor(typePrefix: string, encodingName: string) {
    this.typePrefix = typePrefix;
    this.encodingName = encodingName;
  }

  /** The head without the handler's metadata. */
  head(codec: string, compression: string): Fields {
    let byCompression = this.heads.get(codec);
    if (byCompression === undefined) this.heads.set(codec, (byCompression = new Map()));
    let head = byCompression.get(compression);
    if (head === undefined) {
      const type = new Field("content-type", this.typePrefix + codec, false, FieldKind.contentType);
      head = compression === "identity" ? [STATUS_200, type] : [STATUS_200, type, new Field(this.encodingName, compression)];
      byCompression.set(compression, head);
    }
    return head;
  }
}

const STATUS_200 = new Field(":status", "200", false, FieldKind.status);
