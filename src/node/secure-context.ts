import type { SecureContext, SecureContextOptions } from "node:tls";
import { badOption, UsageError } from "../base/usage-error.js";
import { tlsModule } from "./builtin-modules.js";
import type { ClientTlsOptions, ServerTlsOptions, TlsMaterial } from "./tls-options.js";

/** The ALPN list of both sides: HTTP/2 over TLS and nothing else (RFC 9113 §3.2). */
export const ALPN: string[] = ["h2"];

/** What a client's TLS options become, once for all its connections. Throws `UsageError` for material that cannot be read. */
export function clientSecureContext(tls: ClientTlsOptions): SecureContext {
  if (tls.serverName !== undefined && (typeof tls.serverName !== "string" || tls.serverName === "")) {
    badOption("tls.serverName", tls.serverName, "a host name");
  }
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    throw new UsageError(`options "tls.cert" and "tls.key" go together: ${tls.cert === undefined ? "cert" : "key"} is missing`);
  }
  return readable(secureOptions(tls));
}

/** A server's TLS options as node:tls takes them. Throws `UsageError` for material that cannot be read. */
export function serverSecureOptions(tls: ServerTlsOptions): SecureContextOptions {
  if (tls.cert === undefined || tls.key === undefined) {
    throw new UsageError(`options "tls.cert" and "tls.key" are both needed: ${tls.cert === undefined ? "cert" : "key"} is missing`);
  }
  if (tls.requestClientCertificate === true && tls.ca === undefined) {
    throw new UsageError('option "tls.requestClientCertificate" needs "tls.ca": the authorities whose clients are let in');
  }
  const options = secureOptions(tls);
  readable(options);
  return options;
}

function secureOptions(tls: ClientTlsOptions): SecureContextOptions {
  const options: SecureContextOptions = {};
  if (tls.ca !== undefined) options.ca = material("tls.ca", tls.ca);
  if (tls.cert !== undefined) options.cert = material("tls.cert", tls.cert);
  if (tls.key !== undefined) options.key = material("tls.key", tls.key);
  return options;
}

function readable(options: SecureContextOptions): SecureContext {
  try {
    return tlsModule().createSecureContext(options);
  } catch (error) {
    throw new UsageError(`the TLS material cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function material(option: string, value: TlsMaterial): (string | Buffer)[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.map((item) => {
    if (typeof item === "string") return item;
    if (item instanceof Uint8Array) return Buffer.from(item.buffer, item.byteOffset, item.length);
    return badOption(option, item, "PEM text or bytes, or a list of such");
  });
}
