import { decode, type MalformedReason } from "@sumac/cbor";
import { bytesToHex, hexToBytes } from "@sumac/crypto";
import { describe, expect, test } from "vitest";
import { parseEncrypt } from "./encrypt.ts";

const hex = (text: string): Uint8Array => hexToBytes(text.replaceAll(/\s/g, ""));

/** The way a manifest parser calls it; the structure begins at byte 100 of the file. */
function parse(structure: string): ReturnType<typeof parseEncrypt> {
  const decoded = decode(hex(structure), { field: "e", tags: [18, 96], mapOrder: "any", baseOffset: 100 });
  if (!decoded.ok) return decoded;
  return parseEncrypt(decoded.value, "e");
}

const iv12 = `4c ${"a1".repeat(12)}`;
const iv16 = `50 ${"a1".repeat(16)}`;
const wrapped = `5818 ${"b2".repeat(24)}`;
/** The base point of P-256. */
const x = "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";
const y = "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
const point = `a4 01 02 20 01 21 5820 ${x} 22 5820 ${y}`;

interface Parts {
  readonly protected?: string;
  readonly unprotected?: string;
  readonly ciphertext?: string;
  readonly recipients?: string;
}

const aesKw = `83 40 a2 01 22 04 42 aabb ${wrapped}`;
const esDh = `83 44 a101381c a1 20 ${point} ${wrapped}`;
const gcm = (parts: Parts = {}): string =>
  `d860 84 ${parts.protected ?? "43 a10101"} ${parts.unprotected ?? `a1 05 ${iv12}`} ${parts.ciphertext ?? "f6"} ${
    parts.recipients ?? `81 ${aesKw}`
  }`;
const ctr = (parts: Parts = {}): string => gcm({ protected: "40", unprotected: `a2 01 39fffd 05 ${iv16}`, ...parts });
const withRecipient = (recipient: string): string => gcm({ recipients: `81 ${recipient}` });

describe("reads", () => {
  test("A128GCM for an AES-KW recipient", () => {
    expect(parse(gcm())).toEqual({
      ok: true,
      value: {
        algorithm: { id: 1, name: "A128GCM", cipher: "aes-128-gcm" },
        iv: hex("a1".repeat(12)),
        protected: hex("a10101"),
        recipients: [
          {
            kind: "key-encryption",
            distribution: { id: -3, name: "A128KW", kind: "key-encryption", keyLength: 16 },
            keyId: hex("aabb"),
            protected: new Uint8Array(),
            wrappedKey: hex("b2".repeat(24)),
          },
        ],
        encoded: hex(gcm()),
      },
    });
  });

  test("a recipient with an ephemeral key, its header in any order", () => {
    for (const header of [`a2 20 ${point} 04 42 aabb`, `a2 04 42 aabb 20 ${point}`]) {
      const structure = withRecipient(`83 44 a101381c ${header} ${wrapped}`);
      expect(parse(structure)).toMatchObject({
        ok: true,
        value: {
          recipients: [{ kind: "agreement", keyId: hex("aabb"), ephemeralPoint: hex(`04${x}${y}`) }],
          encoded: hex(structure),
        },
      });
    }
  });

  test("several recipients of different kinds", () => {
    const parsed = parse(gcm({ recipients: `82 ${aesKw} ${esDh}` }));
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
    expect(parsed.value.recipients.map(({ kind }) => kind)).toEqual(["key-encryption", "agreement"]);
    expect(parsed.value.recipients[1]?.keyId).toBeUndefined();
  });

  test.each([
    { name: "A128CTR", id: "39fffd", wrap: wrapped },
    { name: "A256CTR", id: "39fffb", wrap: `5828 ${"b2".repeat(40)}` },
  ])("$name, with a content key of its length", ({ name, id, wrap }) => {
    const structure = ctr({
      unprotected: `a2 01 ${id} 05 ${iv16}`,
      recipients: `81 83 40 a1 01 24 ${wrap}`,
    });
    expect(parse(structure)).toMatchObject({
      ok: true,
      value: { algorithm: { name }, recipients: [{ distribution: { name: "A256KW" } }] },
    });
  });
});

interface Refused {
  readonly name: string;
  readonly structure: string;
  readonly reason: MalformedReason;
  readonly field: string;
  /** From the start of the structure. */
  readonly at: number;
}

const recipientAt = 24;
const keyAt = recipientAt + 8;

const refused: readonly Refused[] = [
  { name: "no tag", structure: gcm().slice(4), reason: "wrong-type", field: "e", at: 0 },
  { name: "another tag", structure: `d2${gcm().slice(4)}`, reason: "wrong-value", field: "e", at: 0 },
  { name: "a map in the tag", structure: "d860 a0", reason: "wrong-type", field: "e", at: 2 },
  { name: "three elements", structure: `d860 83 40 a0 f6`, reason: "wrong-length", field: "e", at: 2 },
  {
    name: "five elements",
    structure: `d860 85 ${gcm().slice(7)} 00`,
    reason: "wrong-length",
    field: "e",
    at: 2,
  },
  {
    name: "a bare protected map",
    structure: gcm({ protected: "a10101" }),
    reason: "wrong-type",
    field: "e.protected",
    at: 3,
  },
  {
    name: "two protected items",
    structure: gcm({ protected: "44 a1010100" }),
    reason: "trailing-bytes",
    field: "e.protected",
    at: 7,
  },
  {
    name: "a duplicate protected label",
    structure: gcm({ protected: "45 a201010101" }),
    reason: "duplicate-key",
    field: "e.protected",
    at: 7,
  },
  {
    name: "a protected map without algorithm",
    structure: gcm({ protected: "41 a0" }),
    reason: "missing",
    field: "e.protected.alg",
    at: 4,
  },
  {
    name: "no algorithm at all",
    structure: gcm({ protected: "40" }),
    reason: "missing",
    field: "e.alg",
    at: 2,
  },
  {
    name: "an algorithm in both headers",
    structure: gcm({ unprotected: `a2 01 01 05 ${iv12}` }),
    reason: "duplicate-key",
    field: "e.unprotected.alg",
    at: 9,
  },
  {
    name: "an algorithm that is text",
    structure: gcm({ protected: "44 a1016141" }),
    reason: "wrong-type",
    field: "e.alg",
    at: 6,
  },
  {
    name: "an algorithm beyond 2^53",
    structure: gcm({ protected: "4b a1011b0020000000000000" }),
    reason: "wrong-value",
    field: "e.alg",
    at: 6,
  },
  {
    name: "GCM outside the protected header",
    structure: gcm({ protected: "40", unprotected: `a2 01 01 05 ${iv12}` }),
    reason: "not-allowed-here",
    field: "e.unprotected.alg",
    at: 6,
  },
  {
    name: "CTR in the protected header",
    structure: gcm({ protected: "45 a10139fffd", unprotected: `a1 05 ${iv16}` }),
    reason: "not-allowed-here",
    field: "e.protected.alg",
    at: 6,
  },
  {
    name: "an unprotected array",
    structure: gcm({ unprotected: "80" }),
    reason: "wrong-type",
    field: "e.unprotected",
    at: 7,
  },
  {
    name: "a duplicate unprotected label",
    structure: gcm({ unprotected: `a2 05 ${iv12} 05 ${iv12}` }),
    reason: "duplicate-key",
    field: "e",
    at: 22,
  },
  {
    name: "an unprotected text label",
    structure: gcm({ unprotected: `a2 05 ${iv12} 6141 00` }),
    reason: "wrong-type",
    field: "e.unprotected",
    at: 22,
  },
  { name: "no IV", structure: gcm({ unprotected: "a0" }), reason: "missing", field: "e.unprotected.iv", at: 7 },
  {
    name: "an IV that is text",
    structure: gcm({ unprotected: "a1 05 6141" }),
    reason: "wrong-type",
    field: "e.unprotected.iv",
    at: 9,
  },
  {
    name: "the IV of CTR for GCM",
    structure: gcm({ unprotected: `a1 05 ${iv16}` }),
    reason: "wrong-length",
    field: "e.unprotected.iv",
    at: 9,
  },
  {
    name: "the IV of GCM for CTR",
    structure: ctr({ unprotected: `a2 01 39fffd 05 ${iv12}` }),
    reason: "wrong-length",
    field: "e.unprotected.iv",
    at: 10,
  },
  {
    name: "an embedded ciphertext",
    structure: gcm({ ciphertext: "41 00" }),
    reason: "not-allowed-here",
    field: "e.ciphertext",
    at: 22,
  },
  {
    name: "false for a ciphertext",
    structure: gcm({ ciphertext: "f4" }),
    reason: "not-allowed-here",
    field: "e.ciphertext",
    at: 22,
  },
  {
    name: "no recipients",
    structure: gcm({ recipients: "80" }),
    reason: "wrong-length",
    field: "e.recipients",
    at: 23,
  },
  {
    name: "a map of recipients",
    structure: gcm({ recipients: "a0" }),
    reason: "wrong-type",
    field: "e.recipients",
    at: 23,
  },
  {
    name: "a recipient of two elements",
    structure: withRecipient("82 40 a0"),
    reason: "wrong-length",
    field: "e.recipients.0",
    at: recipientAt,
  },
  {
    name: "a recipient with recipients",
    structure: withRecipient(`84 ${aesKw.slice(3)} 81 ${aesKw}`),
    reason: "wrong-length",
    field: "e.recipients.0",
    at: recipientAt,
  },
  {
    name: "a recipient without algorithm",
    structure: withRecipient(`83 40 a0 ${wrapped}`),
    reason: "missing",
    field: "e.recipients.0.alg",
    at: recipientAt,
  },
  {
    name: "AES-KW in a protected header",
    structure: withRecipient(`83 43 a10122 a0 ${wrapped}`),
    reason: "not-allowed-here",
    field: "e.recipients.0.protected.alg",
    at: recipientAt + 4,
  },
  {
    name: "ECDH-ES+A128KW outside the protected header",
    structure: withRecipient(`83 40 a2 01 381c 20 ${point} ${wrapped}`),
    reason: "not-allowed-here",
    field: "e.recipients.0.unprotected.alg",
    at: recipientAt + 4,
  },
  {
    name: "a key id that is no bytes",
    structure: withRecipient(`83 40 a2 01 22 04 02 ${wrapped}`),
    reason: "wrong-type",
    field: "e.recipients.0.unprotected.kid",
    at: recipientAt + 6,
  },
  {
    name: "an ephemeral key beside AES-KW",
    structure: withRecipient(`83 40 a2 01 22 20 ${point} ${wrapped}`),
    reason: "not-allowed-here",
    field: "e.recipients.0.unprotected.ephemeral-key",
    at: recipientAt + 6,
  },
  {
    name: "no ephemeral key",
    structure: withRecipient(`83 44 a101381c a0 ${wrapped}`),
    reason: "missing",
    field: "e.recipients.0.unprotected.ephemeral-key",
    at: recipientAt + 6,
  },
  {
    name: "a wrapped key that is too short",
    structure: withRecipient("83 40 a1 01 22 41 00"),
    reason: "wrong-length",
    field: "e.recipients.0.wrapped-key",
    at: recipientAt + 5,
  },
  {
    name: "a wrapped key for another content key",
    structure: withRecipient(`83 40 a1 01 22 5828 ${"b2".repeat(40)}`),
    reason: "wrong-length",
    field: "e.recipients.0.wrapped-key",
    at: recipientAt + 5,
  },
  {
    name: "an ephemeral key without y",
    structure: withRecipient(`83 44 a101381c a1 20 a3 01 02 20 01 21 5820 ${x} ${wrapped}`),
    reason: "missing",
    field: "e.recipients.0.unprotected.ephemeral-key.y",
    at: keyAt,
  },
  {
    name: "a compressed ephemeral key",
    structure: withRecipient(`83 44 a101381c a1 20 a4 01 02 20 01 21 5820 ${x} 22 f5 ${wrapped}`),
    reason: "compressed-point",
    field: "e.recipients.0.unprotected.ephemeral-key.y",
    at: keyAt + 41,
  },
  {
    name: "a short coordinate",
    structure: withRecipient(`83 44 a101381c a1 20 a4 01 02 20 01 21 581f ${x.slice(2)} 22 5820 ${y} ${wrapped}`),
    reason: "wrong-length",
    field: "e.recipients.0.unprotected.ephemeral-key.x",
    at: keyAt + 6,
  },
  {
    name: "a point off the curve",
    structure: withRecipient(esDh.replace("4fe342", "4fe343")),
    reason: "wrong-value",
    field: "e.recipients.0.unprotected.ephemeral-key",
    at: keyAt,
  },
];

describe("refuses as malformed", () => {
  test.each(refused)("$name", ({ structure, reason, field, at }) => {
    expect(parse(structure)).toEqual({
      ok: false,
      error: { code: "malformed", reason, field, offset: 100 + at },
    });
  });
});

describe("refuses what it does not know, with number and place", () => {
  test.each([
    { name: "ChaCha20/Poly1305", structure: gcm({ protected: "44 a1011818" }), label: 24, field: "e.alg", at: 6 },
    {
      name: "A128CBC",
      structure: ctr({ unprotected: `a2 01 39fffa 05 ${iv16}` }),
      label: -65531,
      field: "e.alg",
      at: 6,
    },
    {
      name: "a critical header",
      structure: gcm({ protected: "46 a20101028101" }),
      label: 2,
      field: "e.protected",
      at: 7,
    },
    {
      name: "a partial IV",
      structure: gcm({ unprotected: `a2 05 ${iv12} 06 4101` }),
      label: 6,
      field: "e.unprotected",
      at: 22,
    },
    {
      name: "another way to the key",
      structure: withRecipient(`83 40 a1 01 23 ${wrapped}`),
      label: -4,
      field: "e.recipients.0.alg",
      at: recipientAt + 4,
    },
    {
      name: "a second recipient that cannot be used, beside a good one",
      structure: gcm({ recipients: `82 ${aesKw} 83 40 a1 01 25 ${wrapped}` }),
      label: -6,
      field: "e.recipients.1.alg",
      at: recipientAt + 39,
    },
    {
      name: "a salt, which would give another key",
      structure: withRecipient(`83 44 a101381c a2 20 ${point} 33 41 00 ${wrapped}`),
      label: -20,
      field: "e.recipients.0.unprotected",
      at: keyAt + 75,
    },
    {
      name: "a key of another kind",
      structure: withRecipient(esDh.replace("01 02 20 01", "01 01 20 01")),
      label: 1,
      field: "e.recipients.0.unprotected.ephemeral-key.kty",
      at: keyAt + 2,
    },
    {
      name: "another curve",
      structure: withRecipient(esDh.replace("01 02 20 01", "01 02 20 02")),
      label: 2,
      field: "e.recipients.0.unprotected.ephemeral-key.crv",
      at: keyAt + 4,
    },
    {
      name: "a private key in the place of a public one",
      structure: withRecipient(`83 44 a101381c a1 20 a5 ${point.slice(2)} 23 4101 ${wrapped}`),
      label: -4,
      field: "e.recipients.0.unprotected.ephemeral-key",
      at: keyAt + 75,
    },
  ])("$name", ({ structure, label, field, at }) => {
    expect(parse(structure)).toEqual({ ok: false, error: { code: "unsupported", label, field, offset: 100 + at } });
  });
});

test("every cut and every changed byte is a refusal or a structure that reads back the same, never a throw", () => {
  const structure = hex(gcm({ recipients: `82 ${aesKw} ${esDh}` }));
  for (const length of structure.keys()) {
    expect(parse(bytesToHex(structure.subarray(0, length))).ok).toBe(false);
  }
  for (const at of structure.keys()) {
    for (let bit = 0; bit < 8; bit++) {
      const changed = structure.with(at, (structure[at] ?? 0) ^ (1 << bit));
      const parsed = parse(bytesToHex(changed));
      if (parsed.ok) expect(parsed.value.encoded).toEqual(changed);
    }
  }
});
