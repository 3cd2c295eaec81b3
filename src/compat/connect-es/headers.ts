import { encodeBase64 } from "../../base/base64.js";
import { binaryValues } from "../../rpc/binary-value.js";
import type { Metadata } from "../../rpc/metadata.js";

/*
 * connect-es keeps metadata in the Fetch Standard's `Headers`: values of one name joined with commas, bytes of `-bin` names as base64.
 */

/** Adds the metadata to the headers. */
export function addToHeaders(metadata: Metadata, headers: Headers): Headers {
  for (const [name, value] of metadata) headers.append(name, typeof value === "string" ? value : encodeBase64(value));
  return headers;
}

/** Adds the headers to the metadata. Throws `UsageError` for what an application may not write: `content-type`, `grpc-…`. */
export function addToMetadata(headers: Headers, metadata: Metadata): Metadata {
  for (const [name, value] of headers) {
    for (const one of name.endsWith("-bin") ? binaryValues(value) : [value]) metadata.append(name, one);
  }
  return metadata;
}
