/// <reference lib="esnext.disposable" preserve="true" />
export {
  Health,
  type HealthCheckRequest,
  HealthCheckRequestSchema,
  type HealthCheckResponse,
  HealthCheckResponse_ServingStatus,
  HealthCheckResponseSchema,
  type HealthListRequest,
  HealthListRequestSchema,
  type HealthListResponse,
  HealthListResponseSchema,
} from "./gen/grpc/health/v1/health_pb.js";
export { ServerReflection } from "./gen/grpc/reflection/v1/reflection_pb.js";
export { type HealthCheckOptions, healthCheck } from "./health/health-check.js";
export { mountHealth } from "./health/mount-health.js";
export { createHealth, type ServerHealth } from "./health/server-health.js";
export type { ServingStatus } from "./health/serving-status.js";
export { type WatchHealthOptions, watchHealth } from "./health/watch-health.js";
export { mountReflection, type ReflectionOptions } from "./reflection/mount-reflection.js";
