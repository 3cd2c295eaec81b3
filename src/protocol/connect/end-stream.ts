import { Field, type Fields, NO_FIELDS } from "../../base/field.js";
import { encodeUtf8 } from "../../base/utf8.js";
import { CodeNumber } from "../../rpc/code.js";
import { KEY, TEXT } from "../../rpc/metadata-key.js";
import { type Status, statusOf } from "../../rpc/status.js";
import { isMetadata } from "../metadata-fields.js";
import { errorJson, isObject, parseJson, readErrorJson } from "./error-json.js";

/** The flag of the last envelope of a stream, `EndStreamResponse`. */
export const END_STREAM_FLAG = 0x02;

/** The last envelope of a stream, its prefix included, that says this status. */
export function endStream(status: Status): Uint8Array {
  const json: { error?: unknown; metadata?: Record<string, string[]> } = {};
  if (status.code !== CodeNumber.ok) json.error = errorJson(status);
  if (status.trailers.length > 0) json.metadata = metadataJson(status.trailers);
  const text = encodeUtf8(JSON.stringify(json));
  const bytes = new Uint8Array(5 + text.length);
  bytes[0] = END_STREAM_FLAG;
  new DataView(bytes.buffer).setUint32(1, text.length);
  bytes.set(text, 5);
  return bytes;
}

function metadataJson(fields: Fields): Record<string, string[]> {
  // names come from outside: an object with a prototype would take some of them for its own
  const metadata: Record<string, string[]> = Object.create(null);
  for (const { name, value } of fields) {
    metadata[name] ??= [];
    metadata[name].push(value);
  }
  return metadata;
}

/** The status that the last envelope of a stream says. */
export function readEndStream(bytes: Uint8Array): Status {
  const json = parseJson(bytes);
  if (!isObject(json)) return statusOf(CodeNumber.internal, "peer broke the protocol: the end of the stream is not a JSON object");
  const { error = null, metadata } = json;
  const trailers = readMetadata(metadata);
  if (error === null) return statusOf(CodeNumber.ok, "", trailers);
  const unknown = statusOf(CodeNumber.unknown, "the server ended the stream with an error and named no code", trailers);
  return readErrorJson(error, unknown) ?? unknown;
}

/** Of names in any case, with values in lists. What is malformed, or belongs to a protocol, is left out. */
function readMetadata(json: unknown): Fields {
  if (!isObject(json)) return NO_FIELDS;
  const fields: Field[] = [];
  for (const [name, values] of Object.entries(json)) {
    for (const value of [values].flat()) {
      if (typeof value !== "string") continue;
      const field = new Field(name.toLowerCase(), value.trim());
      if (KEY.test(field.name) && TEXT.test(field.value) && isMetadata(field.kind)) fields.push(field);
    }
  }
  return fields;
}
