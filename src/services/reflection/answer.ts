import type { DescFile } from "@bufbuild/protobuf";
import { CodeNumber } from "../../rpc/code.js";
import { RpcError } from "../../rpc/rpc-error.js";
import { shown } from "../asked-name.js";
import type { ServerReflectionRequest } from "../gen/grpc/reflection/v1/reflection_pb.js";
import type { ServerReflectionRequest as AlphaRequest } from "../gen/grpc/reflection/v1alpha/reflection_pb.js";
import type { SchemaIndex } from "./schema-index.js";

/** A request of either version: the two are the same but for the name of their package. */
export type ReflectionRequest = ServerReflectionRequest | AlphaRequest;

/** What answers a request, in either version. */
export type ReflectionAnswer =
  | { readonly case: "fileDescriptorResponse"; readonly value: { readonly fileDescriptorProto: Uint8Array[] } }
  | { readonly case: "allExtensionNumbersResponse"; readonly value: { readonly baseTypeName: string; readonly extensionNumber: number[] } }
  | { readonly case: "listServicesResponse"; readonly value: { readonly service: { readonly name: string }[] } }
  | { readonly case: "errorResponse"; readonly value: { readonly errorCode: number; readonly errorMessage: string } };

/**
 * Answers one request of a stream. `sent` are the files that the stream has had: they are not sent again as somebody's imports, only when they are
 * asked for. Throws `RpcError` for a request that asks for nothing.
 */
export function answer({ messageRequest: asked }: ReflectionRequest, index: SchemaIndex, sent: Set<DescFile>): ReflectionAnswer {
  switch (asked.case) {
    case "listServices":
      return { case: "listServicesResponse", value: { service: index.services.map((name) => ({ name })) } };
    case "fileByFilename":
      return files(index.file(asked.value), `there is no file ${shown(asked.value)}`, index, sent);
    case "fileContainingSymbol":
      return files(index.fileOfSymbol(asked.value), `no file declares ${shown(asked.value)}`, index, sent);
    case "fileContainingExtension": {
      const { containingType, extensionNumber } = asked.value;
      const file = index.fileOfExtension(containingType, extensionNumber);
      return files(file, `no file declares an extension ${extensionNumber} of ${shown(containingType)}`, index, sent);
    }
    case "allExtensionNumbersOfType": {
      const extensionNumber = index.extensionNumbers(asked.value);
      const known = extensionNumber.length > 0 || index.fileOfSymbol(asked.value) !== undefined;
      return known
        ? { case: "allExtensionNumbersResponse", value: { baseTypeName: asked.value, extensionNumber } }
        : notFound(`no file declares ${shown(asked.value)}`);
    }
    case undefined:
      throw new RpcError("invalid_argument", "the request asks for nothing: none of the fields of message_request is set");
  }
}

/** The file, then all that it imports and the stream has not had. */
function files(first: DescFile | undefined, otherwise: string, index: SchemaIndex, sent: Set<DescFile>): ReflectionAnswer {
  if (first === undefined) return notFound(otherwise);
  const found = new Set([first]);
  // what is added to a set while it is walked is walked too
  for (const file of found) for (const dependency of file.dependencies) found.add(dependency);
  const fresh = [...found].filter((file) => file === first || !sent.has(file));
  for (const file of fresh) sent.add(file);
  return { case: "fileDescriptorResponse", value: { fileDescriptorProto: fresh.map((file) => index.encoded(file)) } };
}

function notFound(errorMessage: string): ReflectionAnswer {
  return { case: "errorResponse", value: { errorCode: CodeNumber.not_found, errorMessage } };
}
