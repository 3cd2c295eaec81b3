// A self-signed certificate for loopback, made without openssl: the few lines of DER that X.509 (RFC 5280 §4.1) asks for.
import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** A fresh certificate for localhost and 127.0.0.1, valid for 30 days, and its key, both in PEM. */
export function selfSignedCertificate() {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const day = 86_400_000;
  const signature = sequence(oid("2a8648ce3d040302")); // ecdsa-with-SHA256
  const name = sequence(set(sequence(oid("550403"), tlv(0x0c, Buffer.from("localhost")))));
  const altNames = sequence(tlv(0x82, Buffer.from("localhost")), tlv(0x87, Buffer.from([127, 0, 0, 1])));
  const ca = sequence(tlv(0x01, Buffer.from([0xff])));
  const toBeSigned = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))), // v3
    tlv(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    signature,
    name,
    sequence(utcTime(Date.now() - day), utcTime(Date.now() + 30 * day)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    tlv(0xa3, sequence(extension("551d11", altNames), extension("551d13", ca))),
  );
  const signed = sign("sha256", toBeSigned, privateKey);
  const certificate = sequence(toBeSigned, signature, tlv(0x03, Buffer.concat([Buffer.from([0]), signed])));
  return { cert: pem("CERTIFICATE", certificate), key: privateKey.export({ type: "pkcs8", format: "pem" }) };
}

function tlv(tag, content) {
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts) => tlv(0x30, Buffer.concat(parts));
const set = (...parts) => tlv(0x31, Buffer.concat(parts));
const oid = (hex) => tlv(0x06, Buffer.from(hex, "hex"));
const extension = (id, value) => sequence(oid(id), tlv(0x04, value));
const utcTime = (ms) => tlv(0x17, Buffer.from(`${new Date(ms).toISOString().slice(2, 19).replace(/[-:T]/g, "")}Z`));

function pem(label, der) {
  const lines = der
    .toString("base64")
    .match(/.{1,64}/g)
    .join("\n");
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
