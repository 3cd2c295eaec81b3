const PREFIX = "application/grpc";

/** The codecs that gRPC's content types name here. */
export const GRPC_CODECS: readonly string[] = ["proto", "json"];

/**
 * The codec that a content type of gRPC names (`application/grpc` [`+proto` | `+json` | …], parameters allowed), lower case;
 * undefined when it is no content type of gRPC. It need not be a codec that is known here.
 */
export function codecOfContentType(contentType: string): string | undefined {
  if (contentType === PREFIX || contentType === "application/grpc+proto") return "proto";
  const semicolon = contentType.indexOf(";");
  const type = (semicolon === -1 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
  if (type === PREFIX) return "proto";
  if (!type.startsWith(PREFIX) || type.charCodeAt(PREFIX.length) !== 0x2b || type.length === PREFIX.length + 1) return undefined;
  return type.slice(PREFIX.length + 1);
}

/** The content type of messages of this codec: the short form for `proto`, which every peer knows. */
export function contentTypeOfCodec(codec: string): string {
  return codec === "proto" ? PREFIX : `${PREFIX}+${codec}`;
}
