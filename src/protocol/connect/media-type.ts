/** The codecs that Connect's content types name here. */
const CODECS: readonly string[] = ["proto", "json"];

/** The codec of a content type of a unary call: `application/proto`, `application/json`; undefined for any other. */
export function unaryCodec(contentType: string): string | undefined {
  return codecAfter("application/", contentType);
}

/** The codec of a content type of a stream: `application/connect+proto`, `application/connect+json`; undefined for any other. */
export function streamCodec(contentType: string): string | undefined {
  return codecAfter("application/connect+", contentType);
}

/** Whether a content type is a stream's, also where its codec is not known here. */
export function isStream(contentType: string): boolean {
  return /^application\/connect\+/i.test(contentType);
}

/** Parameters are allowed: JSON often comes with a `charset`. */
function codecAfter(prefix: string, contentType: string): string | undefined {
  for (const codec of CODECS) if (contentType === prefix + codec) return codec;
  const semicolon = contentType.indexOf(";");
  const type = (semicolon === -1 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
  return CODECS.find((codec) => type === prefix + codec);
}
