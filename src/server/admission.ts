import { FieldKind, type Fields, findField } from "../base/field.js";
import type { Runtime } from "../base/runtime.js";
import { ServerCall, type ServerCallOwner } from "../call/server-call.js";
import type { ExchangeAcceptor } from "../exchange/connection.js";
import type { Exchange, ExchangeEvents } from "../exchange/exchange.js";
import { Mark, type Refusal, type RequestHead, type ServerProtocol } from "../exchange/server-protocol.js";
import { CodeNumber } from "../rpc/code.js";
import type { Codec } from "../rpc/codec.js";
import type { Compression } from "../rpc/compression.js";
import { chooseCompression } from "../rpc/compression-list.js";
import { NO_KEY, type ServiceKey, serviceKeyIn } from "../rpc/service-key.js";
import { statusOf } from "../rpc/status.js";
import { Cors, type CorsOptions } from "./cors.js";
import { RefusedExchange } from "./refused-exchange.js";
import type { Router } from "./router.js";

/** A time-out below this (50 µs) is over before any handler could answer. */
const LEAST_TIMEOUT_MS = 0.05;

const NEEDS_HTTP2 = "gRPC ends its calls with trailers, which need HTTP/2 end to end; use HTTP/2, or the protocol gRPC-Web or Connect";

/** What decides on new exchanges. */
export interface AdmissionParts {
  readonly runtime: Runtime;
  readonly router: Router;
  readonly protocols: readonly ServerProtocol[];
  readonly codecs: readonly Codec[];
  /** What requests may be compressed with, best first. */
  readonly compressions: readonly Compression[];
  /** What responses are compressed with where the client accepts it, best first; none: they are not. */
  readonly responseCompressions: readonly Compression[];
  /** Which pages of other origins may call. Default: none. */
  readonly cors?: CorsOptions | undefined;
  /** Who answers what is no call: a request of another content-type, or for a path of no method. Default: it is refused. */
  readonly fallback?: ExchangeAcceptor | undefined;
}

/** Who runs the calls that are admitted. */
export interface AdmissionOwner extends ServerCallOwner {
  /** A call begins. */
  admitted(call: ServerCall): void;
}

/** What becomes of a new exchange: the call of a method, an answer that refuses it, or somebody else's business. */
export class Admission implements ExchangeAcceptor {
  private readonly parts: AdmissionParts;
  private readonly owner: AdmissionOwner;
  private readonly codecs: ReadonlyMap<string, Codec>;
  private readonly compressions: ReadonlyMap<string, Compression>;
  private readonly compressionNames: readonly string[];
  private readonly cors: Cors | undefined;
  private readonly expiredAnswers = new Map<ServerProtocol, Map<string, Refusal>>();
  /** The last request's HTTP method, content-type and marks, and the protocol that they mean: they are the same again and again. */
  private lastHttpMethod = "";
  private lastContentType = "";
  private lastMarks = 0;
  private lastProtocol: ServerProtocol | undefined = undefined;

  constructor(parts: AdmissionParts, owner: AdmissionOwner) {
    this.parts = parts;
    this.owner = owner;
    this.codecs = new Map(parts.codecs.map((codec) => [codec.name, codec]));
    this.compressions = new Map(parts.compressions.map((compression) => [compression.name, compression]));
    this.compressionNames = [...this.compressions.keys()];
    this.cors = parts.cors === undefined ? undefined : new Cors(parts.cors);
  }

  onExchange(exchange: Exchange, head: Fields, end: boolean): ExchangeEvents {
    const { fallback } = this.parts;
    const protocol = this.protocolOf(head);
    // without a mark there is neither group nor version to look for
    const key = (this.lastMarks & Mark.triple) === 0 ? NO_KEY : serviceKeyIn(head);
    if (protocol === undefined || (fallback !== undefined && !this.isOurs(protocol, head))) return this.answerOther(exchange, head, end);
    if (protocol.adapt !== undefined) return protocol.adapt(exchange, (adapted) => this.onRequest(adapted, protocol, key, head, end));
    return this.onRequest(exchange, protocol, key, head, end);
  }

  /** The protocol whose content-type it is, and whose marks it has. */
  private protocolOf(head: Fields): ServerProtocol | undefined {
    let httpMethod = "";
    let contentType = "";
    let marks = 0;
    for (const { kind, value } of head) {
      switch (kind) {
        case FieldKind.contentType:
          contentType = value;
          break;
        case FieldKind.method:
          httpMethod = value;
          break;
        case FieldKind.connectProtocolVersion:
          marks |= Mark.connect;
          break;
        case FieldKind.serviceGroup:
        case FieldKind.serviceVersion:
        case FieldKind.tripleTimeout:
        case FieldKind.tripleProtocolVersion:
          marks |= Mark.triple;
          break;
        default:
      }
    }
    if (contentType !== this.lastContentType || httpMethod !== this.lastHttpMethod || marks !== this.lastMarks) {
      const { protocols } = this.parts;
      this.lastHttpMethod = httpMethod;
      this.lastContentType = contentType;
      this.lastMarks = marks;
      this.lastProtocol = protocols.find((protocol) => protocol.accepts(httpMethod, contentType, marks));
    }
    return this.lastProtocol;
  }

  /** Whether a request that may be somebody else's is for a method of ours: content types like `application/json` are everybody's. */
  private isOurs(protocol: ServerProtocol, head: Fields): boolean {
    if (protocol.ownsContentType) return true;
    const target = findField(head, ":path") ?? "";
    const query = target.indexOf("?");
    return this.parts.router.serves(query === -1 ? target : target.slice(0, query));
  }

  /** A request of no protocol: a preflight, the fallback's, or one that the first protocol refuses. */
  private answerOther(exchange: Exchange, head: Fields, end: boolean): ExchangeEvents {
    const { fallback, protocols } = this.parts;
    const preflight = this.cors?.preflight(head);
    if (preflight !== undefined) return this.answer(exchange, preflight, NO_BODY, end);
    if (fallback !== undefined) return fallback.onExchange(exchange, head, end);
    return this.onRequest(exchange, protocols[0] as ServerProtocol, NO_KEY, head, end);
  }

  private onRequest(exchange: Exchange, protocol: ServerProtocol, key: ServiceKey, head: Fields, end: boolean): ExchangeEvents {
    const request = protocol.readRequest(head);
    if (request.kind === "refusal") return this.refuse(exchange, request, head, end);
    const { router, runtime, responseCompressions } = this.parts;
    const route = router.find(request.path, key);
    const codec = this.codecs.get(request.codec);
    if (route === undefined || codec === undefined) {
      const because = router.whyMissing(request.path, key);
      const left = router.declares(request.path);
      const missing = left
        ? protocol.refuse(statusOf(CodeNumber.unimplemented, because), request.codec)
        : protocol.refusePath(because, request.codec);
      return this.refuse(exchange, missing, head, end);
    }
    const refusal = this.whyNot(exchange, protocol, request) ?? protocol.refuseMethod(route.parts.method, request);
    if (refusal !== undefined) return this.refuse(exchange, refusal, head, end);
    const setup = route.setup(protocol, codec, runtime, this.owner);
    const call = new ServerCall(setup, route.parts.limits, exchange, protocol.requestMetadata(request.fields));
    if (request.compression !== "identity") call.receiveCompression = this.compressions.get(request.compression);
    if (responseCompressions.length > 0) call.sendCompression = chooseCompression(request.acceptCompression, responseCompressions);
    if (this.cors !== undefined) call.addedHeaders = this.cors.responseFields(head);
    call.query = request.query;
    this.owner.admitted(call);
    call.start(request.timeoutMs, end, request.message);
    return call;
  }

  /** Why a request for a method that there is cannot become its call. */
  private whyNot(exchange: Exchange, protocol: ServerProtocol, request: RequestHead): Refusal | undefined {
    const { timeoutMs, compression, codec } = request;
    if (protocol.needsTrailers && !exchange.fullDuplex) return protocol.refuse(statusOf(CodeNumber.unimplemented, NEEDS_HTTP2), codec);
    if (timeoutMs < LEAST_TIMEOUT_MS) return this.expired(protocol, codec);
    if (compression === "identity" || this.compressions.has(compression)) return undefined;
    return protocol.refuseCompression(request, this.compressionNames);
  }

  /** The time for the call was over before it came. The answer is made once: such requests may come by the thousand. */
  private expired(protocol: ServerProtocol, codec: string): Refusal {
    let byCodec = this.expiredAnswers.get(protocol);
    if (byCodec === undefined) this.expiredAnswers.set(protocol, (byCodec = new Map()));
    let answer = byCodec.get(codec);
    if (answer === undefined) {
      answer = protocol.refuse(statusOf(CodeNumber.deadline_exceeded, "the deadline of the call had passed when it came"), codec);
      byCodec.set(codec, answer);
    }
    return answer;
  }

  private refuse(exchange: Exchange, { fields, body }: Refusal, head: Fields, end: boolean): ExchangeEvents {
    // a page may read why
    const added = this.cors?.responseFields(head);
    return this.answer(exchange, added === undefined ? fields : [...fields, ...added], body, end);
  }

  private answer(exchange: Exchange, fields: Fields, body: Uint8Array, end: boolean): ExchangeEvents {
    const refused = new RefusedExchange(exchange, this.parts.runtime);
    refused.answer(fields, body, end);
    return refused;
  }
}

const NO_BODY: Uint8Array = new Uint8Array(0);
