/** Certificates made anew for each run, with exactly what is wrong with them that a test needs. TEST ONLY. */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  readonly name: string;
  readonly privateKey: KeyObject;
}

export interface CertificateOptions {
  readonly name: string;
  /** Absent: it is its own issuer, an authority. */
  readonly issuer?: Certificate;
  readonly from?: Date;
  readonly to?: Date;
  readonly use?: "server" | "client";
}

const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
};
const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, "hex"));
const ecdsaWithSha256 = sequence(oid("2a8648ce3d040302"));
const isTrue = Buffer.from([1, 1, 255]);

const nameOf = (name: string): Buffer => sequence(der(0x31, sequence(oid("550403"), der(0x0c, Buffer.from(name)))));
const timeOf = (time: Date): Buffer =>
  der(0x18, Buffer.from(`${time.toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`));
const extension = (id: string, value: Uint8Array, ...critical: readonly Uint8Array[]): Buffer =>
  sequence(oid(id), ...critical, der(0x04, value));

const pem = (bytes: Uint8Array): string =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(bytes)
    .toString("base64")
    .replace(/.{64}(?=.)/g, "$&\n")}\n-----END CERTIFICATE-----\n`;

/** RFC 5280, P-256. A server's is for 127.0.0.1. */
export function makeCertificate({ name, issuer, use, ...validity }: CertificateOptions): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { from = new Date(Date.now() - 3_600_000), to = new Date(Date.now() + 3_600_000) } = validity;
  const extensions = [
    issuer === undefined
      ? extension("551d13", sequence(isTrue), isTrue)
      : extension("551d25", sequence(oid(use === "client" ? "2b06010505070302" : "2b06010505070301"))),
    ...(use === "server" ? [extension("551d11", sequence(der(0x87, Buffer.from([127, 0, 0, 1]))))] : []),
  ];
  const content = sequence(
    der(0xa0, Buffer.from([2, 1, 2])),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ecdsaWithSha256,
    nameOf(issuer?.name ?? name),
    sequence(timeOf(from), timeOf(to)),
    nameOf(name),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign("sha256", content, issuer?.privateKey ?? privateKey);
  const cert = pem(sequence(content, ecdsaWithSha256, der(0x03, Buffer.from([0]), signature)));
  return { cert, key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(), name, privateKey };
}
