import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import type { MalformedReason } from "@sumac/cbor";
import { bytesToHex, hexToBytes, type PublicKey, schemeForms } from "@sumac/crypto";
import { describe, expect, test } from "vitest";
import { parsePublicKeyDer, parsePublicKeyPem, publicKeyPem } from "./public-key.ts";

const hex = (text: string): Uint8Array => hexToBytes(text.replaceAll(/\s/g, ""));
const edRaw = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
const edPrefix = "302a300506032b6570032100";
const ecX = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6";
const ecY = "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
const ecPrefix = "3059301306072a8648ce3d020106082a8648ce3d030107034200";

/** RFC 6979 A.2.6. */
const p384X = "ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc13";
const p384Y = "8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720";
const p384Prefix = "3076301006072a8648ce3d020106052b81040022036200";

const edKey: PublicKey = { scheme: "ed25519", bytes: hex(edRaw) };
const ecKey: PublicKey = { scheme: "ecdsa-p256-sha256", bytes: hex(`04${ecX}${ecY}`) };
const p384Key: PublicKey = { scheme: "ecdsa-p384-sha384", bytes: hex(`04${p384X}${p384Y}`) };
/** Any 1952 and 2592 bytes are a key. */
const mlDsaKey = (scheme: "ml-dsa-65" | "ml-dsa-87"): PublicKey => ({
  scheme,
  bytes: Uint8Array.from({ length: schemeForms[scheme].keyLength }, (_, i) => i & 0xff),
});
const mlDsa65Prefix = "308207b2300b0609608648016503040312038207a100";
const mlDsa87Prefix = "30820a32300b060960864801650304031303820a2100";
const mlDsa65 = bytesToHex(mlDsaKey("ml-dsa-65").bytes);
const mlDsa87 = bytesToHex(mlDsaKey("ml-dsa-87").bytes);
const refusal = (reason: MalformedReason, offset: number) => ({
  ok: false,
  error: { code: "malformed", reason, field: "public-key", offset },
});

/** RFC 8410 10.1. */
const edPem = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
`;

describe("DER", () => {
  test("of every kind", () => {
    expect(parsePublicKeyDer(hex(edPrefix + edRaw))).toEqual({ ok: true, value: edKey });
    expect(parsePublicKeyDer(hex(`${ecPrefix}04${ecX}${ecY}`))).toEqual({ ok: true, value: ecKey });
    expect(parsePublicKeyDer(hex(`${p384Prefix}04${p384X}${p384Y}`))).toEqual({ ok: true, value: p384Key });
    expect(parsePublicKeyDer(hex(mlDsa65Prefix + mlDsa65))).toEqual({ ok: true, value: mlDsaKey("ml-dsa-65") });
    expect(parsePublicKeyDer(hex(mlDsa87Prefix + mlDsa87))).toEqual({ ok: true, value: mlDsaKey("ml-dsa-87") });
  });

  test("is copied: the caller may reuse its buffer, also if that is a Buffer", () => {
    for (const file of [hex(edPrefix + edRaw), Buffer.from(edPrefix + edRaw, "hex")]) {
      const key = parsePublicKeyDer(file);
      file.fill(0);
      expect(key).toEqual({ ok: true, value: edKey });
      expect(key.ok && Object.getPrototypeOf(key.value.bytes)).toBe(Uint8Array.prototype);
    }
  });

  const exported = (key: KeyObject, type: "pkcs8" | "sec1" | "pkcs1" | "spki") =>
    new Uint8Array(key.export({ format: "der", type }));
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const ed = generateKeyPairSync("ed25519");
  const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" });
  const p521 = generateKeyPairSync("ec", { namedCurve: "P-521" });
  const mlDsa44 = generateKeyPairSync("ml-dsa-44");
  const mlDsa87Pair = generateKeyPairSync("ml-dsa-87");
  const x25519 = generateKeyPairSync("x25519");

  const refused: readonly { name: string; der: Uint8Array; reason: MalformedReason; offset: number }[] = [
    { name: "nothing", der: hex(""), reason: "wrong-value", offset: 0 },
    { name: "a raw key", der: hex(edRaw), reason: "wrong-value", offset: 0 },
    { name: "an Ed25519 key cut short", der: hex(edPrefix + edRaw.slice(2)), reason: "wrong-length", offset: 12 },
    { name: "bytes after an Ed25519 key", der: hex(`${edPrefix}${edRaw}00`), reason: "wrong-length", offset: 12 },
    { name: "an Ed25519 prefix alone", der: hex(edPrefix), reason: "wrong-length", offset: 12 },
    { name: "half an Ed25519 prefix", der: hex(edPrefix.slice(0, 12)), reason: "wrong-value", offset: 0 },
    {
      name: "a P-256 key cut short",
      der: hex(`${ecPrefix}04${ecX}${ecY.slice(2)}`),
      reason: "wrong-length",
      offset: 26,
    },
    { name: "bytes after a P-256 key", der: hex(`${ecPrefix}04${ecX}${ecY}00`), reason: "wrong-length", offset: 26 },
    { name: "a P-256 point off the curve", der: hex(`${ecPrefix}04${ecX}${ecX}`), reason: "wrong-value", offset: 26 },
    { name: "a hybrid P-256 point", der: hex(`${ecPrefix}07${ecX}${ecY}`), reason: "wrong-value", offset: 26 },
    {
      name: "a compressed P-256 point",
      der: hex(`3039301306072a8648ce3d020106082a8648ce3d030107032200 03${ecX}`),
      reason: "compressed-point",
      offset: 26,
    },
    { name: "the all-zero Ed25519 key", der: hex(edPrefix + "00".repeat(32)), reason: "weak-key", offset: 12 },
    {
      name: "the identity as Ed25519 key",
      der: hex(`${edPrefix}01${"00".repeat(31)}`),
      reason: "weak-key",
      offset: 12,
    },
    {
      name: "an Ed25519 point in its second encoding",
      der: hex(`${edPrefix}f0${"ff".repeat(30)}7f`),
      reason: "wrong-value",
      offset: 12,
    },
    { name: "a non-minimal length", der: hex(`30812a${edPrefix.slice(4)}${edRaw}`), reason: "wrong-value", offset: 0 },
    { name: "RSA", der: exported(rsa.publicKey, "spki"), reason: "wrong-value", offset: 0 },
    { name: "RSA, PKCS#1", der: exported(rsa.publicKey, "pkcs1"), reason: "wrong-value", offset: 0 },
    {
      name: "a P-384 point off the curve",
      der: hex(`${p384Prefix}04${p384X}${p384X}`),
      reason: "wrong-value",
      offset: 23,
    },
    { name: "a P-384 key cut short", der: hex(`${p384Prefix}04${p384X}`), reason: "wrong-length", offset: 23 },
    {
      name: "a compressed P-384 point",
      der: hex(`3046301006072a8648ce3d020106052b81040022033200 02${p384X}`),
      reason: "compressed-point",
      offset: 23,
    },
    {
      name: "a P-256 point under the name of P-384",
      der: hex(`3059301006072a8648ce3d020106052b81040022034200 04${ecX}${ecY}`),
      reason: "wrong-value",
      offset: 0,
    },
    { name: "P-521", der: exported(p521.publicKey, "spki"), reason: "wrong-value", offset: 0 },
    { name: "ML-DSA-44", der: exported(mlDsa44.publicKey, "spki"), reason: "wrong-value", offset: 0 },
    {
      name: "an ML-DSA-87 key cut short",
      der: hex(mlDsa87Prefix + mlDsa87.slice(2)),
      reason: "wrong-length",
      offset: 22,
    },
    {
      name: "bytes after an ML-DSA-65 key",
      der: hex(`${mlDsa65Prefix}${mlDsa65}00`),
      reason: "wrong-length",
      offset: 22,
    },
    {
      name: "an ML-DSA-65 key under the name of ML-DSA-87",
      der: hex(mlDsa87Prefix + mlDsa65),
      reason: "wrong-length",
      offset: 22,
    },
    { name: "an ML-DSA key of zeros", der: hex(mlDsa87Prefix + "00".repeat(2592)), reason: "weak-key", offset: 22 },
    {
      name: "an ML-DSA key of erased flash",
      der: hex(mlDsa65Prefix + "ff".repeat(1952)),
      reason: "weak-key",
      offset: 22,
    },
    {
      name: "ML-DSA with parameters in its algorithm identifier (RFC 9881 forbids them)",
      der: hex(`30820a34300d060960864801650304031305000382 0a2100${mlDsa87}`),
      reason: "wrong-value",
      offset: 0,
    },
    { name: "a private P-384 key", der: exported(p384.privateKey, "pkcs8"), reason: "private-key", offset: 0 },
    { name: "a private ML-DSA key", der: exported(mlDsa87Pair.privateKey, "pkcs8"), reason: "private-key", offset: 0 },
    { name: "X25519", der: exported(x25519.publicKey, "spki"), reason: "wrong-value", offset: 0 },
    { name: "a private Ed25519 key", der: exported(ed.privateKey, "pkcs8"), reason: "private-key", offset: 0 },
    { name: "a private P-256 key", der: exported(ec.privateKey, "pkcs8"), reason: "private-key", offset: 0 },
    { name: "a private P-256 key, SEC 1", der: exported(ec.privateKey, "sec1"), reason: "private-key", offset: 0 },
    { name: "a private RSA key", der: exported(rsa.privateKey, "pkcs8"), reason: "private-key", offset: 0 },
    { name: "a private RSA key, PKCS#1", der: exported(rsa.privateKey, "pkcs1"), reason: "private-key", offset: 0 },
  ];
  test.each(refused)("refuses $name", ({ der, reason, offset }) => {
    expect(parsePublicKeyDer(der)).toEqual(refusal(reason, offset));
  });
});

describe("PEM", () => {
  test("of RFC 8410 10.1", () => {
    const key = parsePublicKeyPem(edPem);
    expect(key.ok && bytesToHex(key.value.bytes)).toBe(
      "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1",
    );
    expect(key.ok && publicKeyPem(key.value)).toBe(edPem);
  });

  // The seed 00 01 ... 1f as PKCS#8, and the SHA-256 of the public key in PEM that RFC 9881 prints for it.
  test.each([
    { oid: "12", sha256: "2362f97f1a94de086f16877e903d859157c6726f5e60f8e4d7309b21cbff2bb0" },
    { oid: "13", sha256: "503f443502bea293ca6b67d0e0668dd87d047273621aa74a7eed89804bcae6b5" },
  ])("of RFC 9881 C.1, OID 2.16.840.1.101.3.4.3.$oid", ({ oid, sha256 }) => {
    const seed = Array.from({ length: 32 }, (_, i) => i.toString(16).padStart(2, "0")).join("");
    const pkcs8 = Buffer.from(`3034020100300b06096086480165030403${oid}04228020${seed}`, "hex");
    const opened = createPublicKey(createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" }));
    const key = parsePublicKeyPem(String(opened.export({ format: "pem", type: "spki" })));
    const written = key.ok ? publicKeyPem(key.value) : "";
    expect(createHash("sha256").update(written).digest("hex")).toBe(sha256);
  });

  test("as openssl writes it, there and back", () => {
    for (const { publicKey } of [
      generateKeyPairSync("ed25519"),
      generateKeyPairSync("ec", { namedCurve: "P-256" }),
      generateKeyPairSync("ec", { namedCurve: "P-384" }),
      generateKeyPairSync("ml-dsa-65"),
      generateKeyPairSync("ml-dsa-87"),
    ]) {
      const pem = publicKey.export({ format: "pem", type: "spki" }).toString();
      const key = parsePublicKeyPem(pem);
      expect(key.ok && publicKeyPem(key.value)).toBe(pem);
    }
  });

  test.each([
    { name: "CR LF line ends", pem: edPem.replaceAll("\n", "\r\n") },
    { name: "no line end at the end", pem: edPem.trimEnd() },
    { name: "white space around", pem: `\n  ${edPem}\n\n` },
    { name: "short lines", pem: edPem.replace("AyEA", "Ay\nEA") },
  ])("with $name", ({ pem }) => {
    expect(parsePublicKeyPem(pem).ok).toBe(true);
  });

  const body = 26;
  const label = (name: string): string => edPem.replaceAll("PUBLIC KEY", name);
  test.each<{ name: string; pem: string; reason: MalformedReason; offset: number }>([
    { name: "nothing", pem: "", reason: "wrong-value", offset: 0 },
    { name: "text that is no PEM", pem: "  hello", reason: "wrong-value", offset: 2 },
    { name: "a certificate", pem: label("CERTIFICATE"), reason: "wrong-value", offset: 0 },
    { name: "an RSA label", pem: label("RSA PUBLIC KEY"), reason: "wrong-value", offset: 0 },
    { name: "text before the key", pem: `key:\n${edPem}`, reason: "wrong-value", offset: 0 },
    { name: "no last line", pem: edPem.slice(0, 80), reason: "truncated", offset: 80 },
    { name: "a first line only", pem: "-----BEGIN PUBLIC KEY-----", reason: "truncated", offset: 26 },
    { name: "text after the key", pem: `${edPem}x`, reason: "truncated", offset: edPem.length + 1 },
    { name: "two keys", pem: edPem + edPem, reason: "wrong-value", offset: body },
    { name: "no base64", pem: edPem.replace("MCow", "M*ow"), reason: "wrong-value", offset: body },
    { name: "a space in the base64", pem: edPem.replace("MCow", "MC ow"), reason: "wrong-value", offset: body },
    { name: "wrong padding", pem: edPem.replace("ZuE=", "ZuE"), reason: "wrong-value", offset: body },
    { name: "stray bits before the padding", pem: edPem.replace("ZuE=", "ZuF="), reason: "wrong-value", offset: body },
    { name: "the two lines run together", pem: edPem.replace(/\nM.*\n/, ""), reason: "wrong-value", offset: body },
    { name: "nothing between the lines", pem: edPem.replace(/\nM.*\n/, "\n"), reason: "wrong-value", offset: body },
    { name: "another key inside", pem: edPem.replace("K2Vw", "K2Vu"), reason: "wrong-value", offset: body },
    { name: "a private key", pem: label("PRIVATE KEY"), reason: "private-key", offset: 0 },
    { name: "an EC private key", pem: label("EC PRIVATE KEY"), reason: "private-key", offset: 0 },
    { name: "an encrypted private key", pem: label("ENCRYPTED PRIVATE KEY"), reason: "private-key", offset: 0 },
    { name: "an OpenSSH private key", pem: label("OPENSSH PRIVATE KEY"), reason: "private-key", offset: 0 },
    {
      name: "a private key after its public half",
      pem: edPem + label("PRIVATE KEY"),
      reason: "private-key",
      offset: edPem.length,
    },
  ])("refuses $name", ({ pem, reason, offset }) => {
    expect(parsePublicKeyPem(pem)).toEqual(refusal(reason, offset));
  });

  test("refuses a private key under a public label", () => {
    const { privateKey } = generateKeyPairSync("ed25519");
    const pem = privateKey.export({ format: "pem", type: "pkcs8" }).toString().replaceAll("PRIVATE", "PUBLIC");
    expect(parsePublicKeyPem(pem)).toEqual(refusal("private-key", body));
  });

  test("refuses a compressed P-256 point by name", () => {
    const der = hex(`3039301306072a8648ce3d020106082a8648ce3d030107032200 03${ecX}`);
    const pem = `-----BEGIN PUBLIC KEY-----\n${Buffer.from(der).toString("base64")}\n-----END PUBLIC KEY-----\n`;
    expect(parsePublicKeyPem(pem)).toEqual(refusal("compressed-point", body));
  });
});
