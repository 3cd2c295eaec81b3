import { HealthCheckResponse_ServingStatus as Wire } from "../gen/grpc/health/v1/health_pb.js";

/** How a service stands, in gRPC's words. `SERVICE_UNKNOWN` is what a watcher is told of a service that the server does not know. */
export type ServingStatus = "UNKNOWN" | "SERVING" | "NOT_SERVING" | "SERVICE_UNKNOWN";

/** The number of a status on the wire. */
export function statusToWire(status: ServingStatus): Wire {
  return Wire[status];
}

/** The status of a number; one that nobody knows yet is `UNKNOWN`. */
export function statusFromWire(number: number): ServingStatus {
  return (Wire[number] as ServingStatus | undefined) ?? "UNKNOWN";
}

/** Whether a server may say it of a service of its own. */
export function isServerStatus(status: unknown): status is Exclude<ServingStatus, "SERVICE_UNKNOWN"> {
  return status === "SERVING" || status === "NOT_SERVING" || status === "UNKNOWN";
}
