import { generateKeyPairSync, type KeyPairKeyObjectResult, sign } from "node:crypto";
import { decode, type MalformedReason } from "@sumac/cbor";
import { bytesToHex, hexToBytes, type PublicKey } from "@sumac/crypto";
import { nobleCrypto } from "@sumac/crypto/noble";
import { noblePostQuantumCrypto } from "@sumac/crypto/noble-post-quantum";
import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import { algorithmById, algorithms } from "./algorithm.ts";
import { parsePublicKeyDer } from "./public-key.ts";
import { buildSign1, parseSign1, protectedHeaderFor, type Sign1, serializeSign1, verifySign1 } from "./sign1.ts";
import { toBeSigned } from "./to-be-signed.ts";

const hex = (text: string): Uint8Array => hexToBytes(text.replaceAll(/\s/g, ""));

/** The way an envelope parser calls it; the block begins at byte 100 of the file. */
function parse(block: string): ReturnType<typeof parseSign1> {
  const decoded = decode(hex(block), { field: "block", tags: [18, 98], mapOrder: "any", baseOffset: 100 });
  if (!decoded.ok) throw new Error(`the block itself is malformed: ${decoded.error.reason}`);
  return parseSign1(decoded.value, "block");
}

function parsed(block: string): Sign1 {
  const result = parse(block);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

describe("reads", () => {
  test("algorithm, key id, headers and signature", () => {
    expect(parsed("d2 84 43a10128 a1 04 42aabb f6 43010203")).toEqual({
      algorithm: -9,
      keyId: hex("aabb"),
      protected: hex("a10128"),
      unprotected: hex("a10442aabb"),
      signature: hex("010203"),
    });
  });

  test("a block without key id, as the drafts publish them", () => {
    expect(parsed("d2 84 43a10126 a0 f6 4101")).toMatchObject({ algorithm: -7, keyId: undefined });
  });

  test("a key id in the protected header", () => {
    expect(parsed("d2 84 46a201280441cc a0 f6 4101")).toMatchObject({ algorithm: -9, keyId: hex("cc") });
  });

  test.each([
    { name: "an absent protected header", header: "40" },
    { name: "an empty one", header: "41a0" },
    { name: "one without an algorithm", header: "45 a1 04 42aabb" },
  ])("$name: no algorithm", ({ header }) => {
    expect(parsed(`d2 84 ${header} a0 f6 4101`).algorithm).toBeUndefined();
  });

  test("an algorithm beyond 2^53 without rounding it", () => {
    expect(parsed("d2 84 4b a1 01 3b 0020000000000000 a0 f6 4101").algorithm).toBe(-(2n ** 53n) - 1n);
  });

  test("unsorted headers and labels it does not know", () => {
    const block = parsed("d2 84 47 a2 616b 01 01 3818 a2 20 00 04 42aabb f6 4101");
    expect(block).toMatchObject({ algorithm: -25, keyId: hex("aabb") });
  });

  test.each([1, 63, 64, 65, 200])("a signature of %i bytes: its length is judged when it is verified", (length) => {
    const head = length < 24 ? (0x40 + length).toString(16) : `58${length.toString(16).padStart(2, "0")}`;
    expect(parsed(`d2 84 43a10126 a0 f6 ${head}${"ab".repeat(length)}`).signature).toHaveLength(length);
  });
});

interface Refused {
  readonly name: string;
  readonly block: string;
  readonly reason: MalformedReason;
  readonly field: string;
  /** From the start of the block. */
  readonly at: number;
}

const refused: readonly Refused[] = [
  { name: "no tag", block: "84 43a10126 a0 f6 4101", reason: "wrong-type", field: "", at: 0 },
  { name: "another tag", block: "d862 84 43a10126 a0 f6 4101", reason: "wrong-value", field: "", at: 0 },
  { name: "a map in the tag", block: "d2 a0", reason: "wrong-type", field: "", at: 1 },
  { name: "three elements", block: "d2 83 43a10126 a0 f6", reason: "wrong-length", field: "", at: 1 },
  { name: "five elements", block: "d2 85 43a10126 a0 f6 4101 00", reason: "wrong-length", field: "", at: 1 },
  { name: "no elements", block: "d2 80", reason: "wrong-length", field: "", at: 1 },
  { name: "a bare protected map", block: "d2 84 a10126 a0 f6 4101", reason: "wrong-type", field: ".protected", at: 2 },
  { name: "a protected array", block: "d2 84 4180 a0 f6 4101", reason: "wrong-type", field: ".protected", at: 3 },
  {
    name: "two protected items",
    block: "d2 84 42a0a0 a0 f6 4101",
    reason: "trailing-bytes",
    field: ".protected",
    at: 4,
  },
  { name: "a cut protected map", block: "d2 84 42a101 a0 f6 4101", reason: "truncated", field: ".protected", at: 3 },
  {
    name: "a duplicate protected label",
    block: "d2 84 45a201260128 a0 f6 4101",
    reason: "duplicate-key",
    field: ".protected",
    at: 6,
  },
  {
    name: "a non-shortest protected label",
    block: "d2 84 44a1180126 a0 f6 4101",
    reason: "non-shortest",
    field: ".protected",
    at: 4,
  },
  {
    name: "a protected label of another type",
    block: "d2 84 44a1410126 a0 f6 4101",
    reason: "wrong-type",
    field: ".protected",
    at: 4,
  },
  {
    name: "a tag in the protected header",
    block: "d2 84 44a101d226 a0 f6 4101",
    reason: "tag-not-allowed",
    field: ".protected",
    at: 5,
  },
  {
    name: "nine levels in the protected header",
    block: "d2 84 4b a1 01 8181818181818181 00 a0 f6 4101",
    reason: "too-deep",
    field: ".protected",
    at: 12,
  },
  {
    name: "an algorithm by name",
    block: "d2 84 48a101654553323536 a0 f6 4101",
    reason: "wrong-type",
    field: ".protected.alg",
    at: 5,
  },
  {
    name: "crit, protected",
    block: "d2 84 46a20126028104 a0 f6 4101",
    reason: "not-allowed-here",
    field: ".protected.crit",
    at: 7,
  },
  {
    name: "crit, unprotected",
    block: "d2 84 43a10126 a1 02 8104 f6 4101",
    reason: "not-allowed-here",
    field: ".unprotected.crit",
    at: 8,
  },
  {
    name: "an algorithm in the unprotected header alone",
    block: "d2 84 40 a1 01 26 f6 4101",
    reason: "not-allowed-here",
    field: ".unprotected.alg",
    at: 5,
  },
  {
    name: "an algorithm in both headers",
    block: "d2 84 43a10126 a1 01 28 f6 4101",
    reason: "duplicate-key",
    field: ".unprotected",
    at: 7,
  },
  {
    name: "a key id in both headers",
    block: "d2 84 46a201260441cc a1 04 41cc f6 4101",
    reason: "duplicate-key",
    field: ".unprotected",
    at: 10,
  },
  {
    name: "an unprotected array",
    block: "d2 84 43a10126 80 f6 4101",
    reason: "wrong-type",
    field: ".unprotected",
    at: 6,
  },
  {
    name: "an unprotected label of another type",
    block: "d2 84 43a10126 a1 f4 00 f6 4101",
    reason: "wrong-type",
    field: ".unprotected",
    at: 7,
  },
  {
    name: "a key id that is text",
    block: "d2 84 43a10126 a1 04 6161 f6 4101",
    reason: "wrong-type",
    field: ".kid",
    at: 8,
  },
  {
    name: "an attached payload",
    block: "d2 84 43a10126 a0 41aa 4101",
    reason: "not-allowed-here",
    field: ".payload",
    at: 7,
  },
  {
    name: "an empty payload that is not nil",
    block: "d2 84 43a10126 a0 40 4101",
    reason: "not-allowed-here",
    field: ".payload",
    at: 7,
  },
  { name: "false for nil", block: "d2 84 43a10126 a0 f4 4101", reason: "not-allowed-here", field: ".payload", at: 7 },
  { name: "no signature", block: "d2 84 43a10126 a0 f6 40", reason: "wrong-length", field: ".signature", at: 8 },
  { name: "nil for a signature", block: "d2 84 43a10126 a0 f6 f6", reason: "wrong-type", field: ".signature", at: 8 },
];

describe("refuses", () => {
  test.each(refused)("$name", ({ block, reason, field, at }) => {
    expect(parse(block)).toEqual({
      ok: false,
      error: { code: "malformed", reason, field: `block${field}`, offset: 100 + at },
    });
  });
});

describe("writes again what it read, byte for byte", () => {
  test.each([
    "d2 84 43a10128 a1 04 42aabb f6 43010203",
    "d2 84 43a10126 a0 f6 4101",
    "d2 84 40 a0 f6 4101",
    "d2 84 41a0 a0 f6 4101",
    "d2 84 45a220000126 a3 21 a2 02 00 01 00 616b f6 04 42aabb f6 4101",
  ])("%s", (block) => {
    expect(bytesToHex(serializeSign1(parsed(block)))).toBe(block.replaceAll(" ", ""));
  });
});

describe("builds", () => {
  const ed25519 = algorithmById(-19);
  const es256 = algorithmById(-7);
  if (ed25519 === undefined || es256 === undefined) throw new Error("the registry lacks an algorithm");

  test("alg and kid protected, nil payload", () => {
    const block = buildSign1({ algorithm: ed25519, keyId: hex("aabb"), signature: hex("0102") });
    expect(bytesToHex(serializeSign1(block))).toBe("d28447a201320442aabba0f6420102");
  });

  test("what it reads as the same block", () => {
    const block = buildSign1({ algorithm: ed25519, keyId: hex("aabb"), signature: hex("0102") });
    expect(parsed(bytesToHex(serializeSign1(block)))).toEqual(block);
  });

  test("the header a signer must sign", () => {
    const block = buildSign1({ algorithm: ed25519, keyId: hex("aabb"), signature: hex("0102") });
    expect(protectedHeaderFor({ algorithm: ed25519, keyId: hex("aabb") })).toEqual(block.protected);
  });

  test("nothing with a legacy algorithm, and nothing unsigned", () => {
    expect(() => buildSign1({ algorithm: es256, keyId: hex("aa"), signature: hex("01") })).toThrow(RangeError);
    expect(() => buildSign1({ algorithm: ed25519, keyId: hex("aa"), signature: hex("") })).toThrow(RangeError);
  });
});

/** RFC 9052 C.2.1, with its payload taken out: the signature is the same. */
const published = {
  block: `d2 84 43a10126 a1 04 423131 f6 5840 8eb33e4ca31d1c465ab05aac34cc6b23d58fef5c083106c4d25a91aef0b0117e
    2af9a291aa32e14ab834dc56ed2a223444547e01f11d3b0916e5a4c345cacb36`,
  payload: new TextEncoder().encode("This is the content."),
  key: {
    scheme: "ecdsa-p256-sha256",
    bytes: hex(`04 bac5b11cad8f99f9c72b05cf4b9e26d244dc189f745228255a219a86d6a09eff
      20138bf82dc1b6d562be0fa54ab7804a3a64b6d72ccfed6b6fb6ed28bbfc117e`),
  } satisfies PublicKey,
};

describe.each([
  { name: "node:crypto", crypto: nodeCrypto },
  { name: "noble", crypto: nobleCrypto },
])("verifies with $name", ({ crypto }) => {
  const { key, payload } = published;
  const good = parsed(published.block);

  test("the example of RFC 9052", () => {
    expect(verifySign1(good, key, payload, crypto)).toBe(true);
  });

  const otherKey: PublicKey = {
    scheme: "ed25519",
    bytes: hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
  };
  test.each([
    { name: "another payload", block: good, key, payload: payload.with(0, 0) },
    { name: "no payload", block: good, key, payload: new Uint8Array() },
    { name: "a changed signature", block: { ...good, signature: good.signature.with(0, 0) }, key, payload },
    { name: "a signature cut short", block: { ...good, signature: good.signature.subarray(1) }, key, payload },
    { name: "a signature too long", block: { ...good, signature: Uint8Array.of(...good.signature, 0) }, key, payload },
    { name: "another algorithm id for the same scheme", block: { ...good, protected: hex("a10128") }, key, payload },
    { name: "a key of another scheme", block: good, key: otherKey, payload },
    { name: "no algorithm, signature right otherwise", block: { ...good, algorithm: undefined }, key, payload },
    { name: "an algorithm of another scheme", block: { ...good, algorithm: -8 }, key, payload },
    { name: "an unknown algorithm", block: { ...good, algorithm: -48 }, key, payload },
    { name: "an unknown large algorithm", block: { ...good, algorithm: -(2n ** 60n) }, key, payload },
  ])("refuses $name", ({ block, key: usedKey, payload: usedPayload }) => {
    expect(verifySign1(block, usedKey, usedPayload, crypto)).toBe(false);
  });

  test("whatever the unprotected header says: it is not signed", () => {
    const moved = parsed(published.block.replace("a1 04 423131", "a1 04 42ffff"));
    expect(verifySign1(moved, key, payload, crypto)).toBe(true);
  });
});

/** Sizes by hand: 2 for tag and array, 40 or 41 for {alg, kid}, 2 for {} and nil, then the signature with its head. */
describe.each([
  { id: -9, scheme: "ecdsa-p256-sha256", hash: "sha256", size: 110 },
  { id: -19, scheme: "ed25519", hash: null, size: 110 },
  { id: -49, scheme: "ml-dsa-65", hash: null, size: 3357 },
  { id: -50, scheme: "ml-dsa-87", hash: null, size: 4675 },
  { id: -51, scheme: "ecdsa-p384-sha384", hash: "sha384", size: 143 },
] as const)("algorithm $id", ({ id, scheme, hash, size }) => {
  const algorithm = algorithmById(id);
  if (algorithm === undefined) throw new Error("the registry lacks an algorithm");
  const curve = { "ecdsa-p256-sha256": "P-256", "ecdsa-p384-sha384": "P-384" } as const;
  const pair = (): KeyPairKeyObjectResult => {
    if (scheme === "ml-dsa-65") return generateKeyPairSync("ml-dsa-65");
    if (scheme === "ml-dsa-87") return generateKeyPairSync("ml-dsa-87");
    if (scheme === "ed25519") return generateKeyPairSync("ed25519");
    return generateKeyPairSync("ec", { namedCurve: curve[scheme] });
  };
  const { publicKey, privateKey } = pair();
  const key = parsePublicKeyDer(new Uint8Array(publicKey.export({ format: "der", type: "spki" })));
  if (!key.ok) throw new Error(key.error.reason);
  const keyId = new Uint8Array(32).fill(0xaa);
  const payload = new TextEncoder().encode("the digest");
  const message = toBeSigned(protectedHeaderFor({ algorithm, keyId }), payload);
  const signature = new Uint8Array(sign(hash, message, { key: privateKey, dsaEncoding: "ieee-p1363" }));
  const block = buildSign1({ algorithm, keyId, signature });

  test("a block built, written, read and verified by both libraries", () => {
    const bytes = serializeSign1(block);
    expect(bytes).toHaveLength(size);
    const read = parsed(bytesToHex(bytes));
    for (const crypto of [nodeCrypto, noblePostQuantumCrypto]) {
      expect(verifySign1(read, key.value, payload, crypto)).toBe(true);
      expect(verifySign1(read, key.value, payload.with(0, 0), crypto)).toBe(false);
    }
  });

  test("means nothing under the id of another algorithm", () => {
    for (const other of algorithms.filter((candidate) => candidate.scheme !== scheme)) {
      expect(verifySign1({ ...block, algorithm: other.id }, key.value, payload, nodeCrypto)).toBe(false);
    }
  });
});
