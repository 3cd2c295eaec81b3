import type { DescFile } from "@bufbuild/protobuf";
import type { HandlerContext } from "../../server/handler-context.js";
import type { Requests } from "../../server/requests.js";
import type { Router } from "../../server/router.js";
import { MAX_REQUEST_BYTES } from "../asked-name.js";
import { ServerReflection } from "../gen/grpc/reflection/v1/reflection_pb.js";
import { ServerReflection as AlphaServerReflection } from "../gen/grpc/reflection/v1alpha/reflection_pb.js";
import { answer, type ReflectionAnswer, type ReflectionRequest } from "./answer.js";
import { SchemaIndex } from "./schema-index.js";

/** Options of {@link mountReflection}. */
export interface ReflectionOptions {
  /** Files that no service imports and that tools may ask for: extensions, messages in a `google.protobuf.Any`. Default: none. */
  readonly files?: readonly DescFile[];
}

/**
 * Serves `grpc.reflection.v1.ServerReflection`, and the same as `v1alpha`, for all services of a router, those that are added later included: tools
 * like grpcurl list, describe and call them without proto files. Who may call may read the whole schema. A stream ends when its client half-closes,
 * and when the server or its connection drains. Throws `UsageError` when it is mounted already.
 */
export function mountReflection(router: Router, options: ReflectionOptions = {}): void {
  const { files = [] } = options;
  let index: SchemaIndex | undefined;
  const serverReflectionInfo = <Request extends ReflectionRequest>(requests: Requests<Request>, context: HandlerContext) => {
    // with the first request, when all services have been added
    index ??= new SchemaIndex(router.descriptors(), files);
    return answers(requests, context, index);
  };
  router.service(ServerReflection, { serverReflectionInfo }, { maxReceiveBytes: MAX_REQUEST_BYTES });
  router.service(AlphaServerReflection, { serverReflectionInfo }, { maxReceiveBytes: MAX_REQUEST_BYTES });
}

/** A response of either version. */
interface ReflectionResponse<Request> {
  readonly validHost: string;
  readonly originalRequest: Request;
  readonly messageResponse: ReflectionAnswer;
}

async function* answers<Request extends ReflectionRequest>(
  requests: Requests<Request>,
  { draining }: HandlerContext,
  index: SchemaIndex,
): AsyncGenerator<ReflectionResponse<Request>> {
  const sent = new Set<DescFile>();
  for (;;) {
    const request = await next(requests, draining);
    if (request === undefined) return;
    yield { validHost: request.host, originalRequest: request, messageResponse: answer(request, index, sent) };
  }
}

/** The next request; undefined at their end, or when the connection drains first. */
async function next<Request>(requests: Requests<Request>, draining: HandlerContext["draining"]): Promise<Request | undefined> {
  try {
    return await requests.receive({ signal: draining });
  } catch (error) {
    if (draining.aborted) return undefined;
    throw error;
  }
}
