// What the suite's messages are in Sluice's words, and back.
import { create, createRegistry } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { codeFromNumber, codeToNumber, Metadata, RpcError } from "sluice";
import * as service from "../build/gen/connectrpc/conformance/v1/service_pb.js";

const { ConformancePayload_RequestInfoSchema, ErrorSchema, HeaderSchema } = service;

/** The types that the suite puts into `google.protobuf.Any`. */
export const registry = createRegistry(...Object.values(service).filter((value) => value?.kind === "message"));

/** Headers of the suite as metadata. `-bin` values are base64 in the suite. */
export function toMetadata(headers, metadata = new Metadata()) {
  for (const { name, value } of headers)
    for (const text of value) metadata.append(name, isBinary(name) ? Buffer.from(text, "base64") : text);
  return metadata;
}

export function fromMetadata(metadata) {
  const headers = new Map();
  for (const [name, value] of metadata) {
    const text = typeof value === "string" ? value : Buffer.from(value).toString("base64").replace(/=+$/, "");
    headers.set(name, [...(headers.get(name) ?? []), text]);
  }
  return [...headers].map(([name, value]) => create(HeaderSchema, { name, value }));
}

function isBinary(name) {
  return name.toLowerCase().endsWith("-bin");
}

/** The suite's error, to be thrown; `info` is added to its details. */
export function toError({ code, message, details }, info) {
  const packed = info === undefined ? details : [...details, anyPack(ConformancePayload_RequestInfoSchema, info)];
  return new RpcError(codeFromNumber(code), message ?? "", {
    details: packed.map(({ typeUrl, value }) => ({ type: typeUrl.slice(typeUrl.lastIndexOf("/") + 1), value })),
  });
}

export function fromError(error) {
  const { code, message, details } = RpcError.from(error);
  return create(ErrorSchema, {
    code: codeToNumber(code),
    message,
    details: details.map(({ type, value }) => ({ typeUrl: `type.googleapis.com/${type}`, value })),
  });
}
