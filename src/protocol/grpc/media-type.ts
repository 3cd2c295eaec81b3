/** The content types of gRPC, or of a kin of it, and the codecs that they name. */
export class MediaType {
  /** How people call the protocol. */
  readonly protocol: string;
  /** The short form, which every peer knows: it means protobuf's binary form. */
  private readonly short: string;
  private readonly proto: string;

  constructor(protocol: string, short: string) {
    this.protocol = protocol;
    this.short = short;
    this.proto = `${short}+proto`;
  }

  /**
   * The codec that a content type names (`application/grpc` [`+proto` | `+json` | …], parameters allowed), lower case; undefined when it is of
   * another media type. It need not be a codec that is known here.
   */
  codecOf(contentType: string): string | undefined {
    const { short } = this;
    if (contentType === short || contentType === this.proto) return "proto";
    const semicolon = contentType.indexOf(";");
    const type = (semicolon === -1 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
    if (type === short) return "proto";
    if (!type.startsWith(short) || type.charCodeAt(short.length) !== 0x2b || type.length === short.length + 1) return undefined;
    return type.slice(short.length + 1);
  }

  /** The content type of messages of this codec. */
  of(codec: string): string {
    return codec === "proto" ? this.short : `${this.short}+${codec}`;
  }

  toString(): string {
    return this.short;
  }
}

/** `application/grpc`, of gRPC over HTTP/2. */
export const GRPC: MediaType = /* @__PURE__ */ new MediaType("gRPC", "application/grpc");

/** The codecs that gRPC's content types name here. */
export const GRPC_CODECS: readonly string[] = ["proto", "json"];
