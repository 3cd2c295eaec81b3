import { Field, FieldKind, type Fields } from "../../base/field.js";
import type { Refusal, RequestHead, ServerProtocol } from "../../exchange/server-protocol.js";
import { CodeNumber } from "../../rpc/code.js";
import { statusOf } from "../../rpc/status.js";
import { formatTimeout, MALFORMED_TIMEOUT, parseTimeout } from "../connect/timeout.js";
import { parseTimeout as parseGrpcTimeout } from "../grpc/timeout.js";

/** Dubbo Java and dubbo-js read the first, dubbo-go the second. Both in whole milliseconds. */
export function tripleTimeoutFields(timeoutMs: number): Fields {
  const ms = formatTimeout(timeoutMs);
  return [
    new Field("tri-service-timeout", ms, false, FieldKind.tripleTimeout),
    new Field("triple-timeout-ms", ms, false, FieldKind.tripleTimeout),
  ];
}

/**
 * A request with the least time-out of all that it says: implementations have five names for it. Refused where one of them is malformed.
 * `protocol` has read it.
 */
export function withLeastTimeout(protocol: ServerProtocol, request: RequestHead): RequestHead | Refusal {
  let { timeoutMs } = request;
  for (const { kind, name, value } of request.fields) {
    let said: number;
    if (kind === FieldKind.grpcTimeout) said = parseGrpcTimeout(value);
    else if (kind === FieldKind.tripleTimeout || kind === FieldKind.connectTimeout) said = parseTimeout(value);
    else continue;
    if (said === MALFORMED_TIMEOUT) {
      const form = kind === FieldKind.grpcTimeout ? "1 to 8 digits and a unit, one of H M S m u n" : "1 to 10 digits, in ms";
      const because = `${name} is ${JSON.stringify(value.slice(0, SHOWN))}; it must be ${form}`;
      return protocol.refuse(statusOf(CodeNumber.invalid_argument, because), request.codec);
    }
    if (said < timeoutMs) timeoutMs = said;
  }
  return timeoutMs === request.timeoutMs ? request : { ...request, timeoutMs };
}

const SHOWN = 100;
