import { bytesToHex, concatBytes, hexToBytes } from "@sumac/crypto";
import { nobleCrypto } from "@sumac/crypto/noble";
import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import { layOutImage } from "./build-image.ts";
import { derFromRaw } from "./der-signature.ts";
import { imageInput, signedImage, signRaw, testKey } from "./image.test.support.ts";
import { digestOf, keyHash } from "./key-hash.ts";
import { parseImage } from "./parse-image.ts";
import { serializeTlvArea, type Tlv } from "./tlv.ts";
import { type ImagePolicy, verifyImage } from "./verify-image.ts";

const ed = testKey("ed25519");
const ec = testKey("ecdsa-p256-sha256");
const stranger = testKey("ed25519");

const policy = (change: Partial<ImagePolicy> = {}): ImagePolicy => ({
  crypto: nodeCrypto,
  keys: [ed.publicKey, ec.publicKey],
  rollback: { storedCounter: 7 },
  ...change,
});

function verdict(bytes: Uint8Array, change: Partial<ImagePolicy> = {}): string {
  const verified = verifyImage(bytes, policy(change));
  return verified.ok ? "accepted" : verified.error.code;
}

function parsed(bytes: Uint8Array) {
  const image = parseImage(bytes);
  if (!image.ok) throw new Error(image.error.code);
  return image.value;
}

type TlvInput = Pick<Tlv, "type" | "value">;

/** The three unprotected TLVs of an image with one signature. */
interface OwnTlvs {
  readonly all: readonly TlvInput[];
  readonly digest: TlvInput;
  readonly name: TlvInput;
  readonly signature: TlvInput;
}

/** The image with other unprotected TLVs. */
function withTlvs(bytes: Uint8Array, change: (own: OwnTlvs) => readonly TlvInput[]): Uint8Array {
  const { hashed, tlvs } = parsed(bytes);
  const all = tlvs.filter(({ area }) => area === "unprotected").map(({ type, value }) => ({ type, value }));
  const [digest, name, signature] = all;
  if (digest === undefined || name === undefined || signature === undefined) throw new Error("not a signed image");
  return concatBytes(hashed, serializeTlvArea(0x6907, change({ all, digest, name, signature })));
}

const lastValue = (bytes: Uint8Array): Uint8Array => parsed(bytes).tlvs.at(-1)?.value ?? new Uint8Array(0);

const image = signedImage(ed);

describe("what a boot loader with the key would boot is accepted", () => {
  test.each([
    ["Ed25519 over the digest", image, "digest"],
    [
      "Ed25519 over a SHA-512 digest",
      signedImage(ed, { signature: { key: ed.publicKey, kind: "digest", digest: "sha-512" } }),
      "digest",
    ],
    ["Ed25519 over the image", signedImage(ed, { signature: { key: ed.publicKey, kind: "pure" } }), "pure"],
    ["ECDSA P-256", signedImage(ec), "digest"],
    ["in a padded slot", signedImage(ed, { slot: { size: 8192, align: 8, sectors: 16 }, pad: "confirm" }), "digest"],
    [
      "with the key itself in place of its hash",
      withTlvs(image, ({ digest, signature }) => [
        digest,
        { type: 2, value: concatBytes(hexToBytes("302a300506032b6570032100"), ed.publicKey.bytes) },
        signature,
      ]),
      "digest",
    ],
    [
      "with a vendor's TLV that is signed",
      signedImage(ed, { vendorTlvs: [{ type: 0xa0, value: Uint8Array.of(1) }] }),
      "digest",
    ],
    [
      "beside a signature of a stranger",
      withTlvs(image, ({ all }) => [
        ...all,
        { type: 1, value: keyHash(stranger.publicKey, "sha-256", nodeCrypto) },
        { type: 0x24, value: new Uint8Array(64) },
      ]),
      "digest",
    ],
  ] as const)("%s", (_, bytes, kind) => {
    for (const crypto of [nodeCrypto, nobleCrypto]) {
      const verified = verifyImage(bytes, policy({ crypto }));
      expect(verified).toMatchObject({ ok: true, value: { kind } });
    }
  });

  test("the digest is the recomputed one, and the signer is named", () => {
    const verified = verifyImage(image, policy());
    if (!verified.ok) throw new Error(verified.error.code);
    expect(verified.value.signers).toEqual([ed.publicKey]);
    const hash = nodeCrypto.startDigest("sha-256");
    hash.update(verified.value.image.hashed);
    expect(bytesToHex(verified.value.digest.bytes)).toBe(bytesToHex(hash.digest()));
  });

  test("an equal counter is accepted, as MCUboot does", () => {
    expect(verdict(image, { rollback: { storedCounter: 7 } })).toBe("accepted");
  });
});

const otherDigest = ({ all }: OwnTlvs): readonly TlvInput[] =>
  all.map((tlv) => (tlv.type === 0x10 ? { ...tlv, value: tlv.value.map((byte) => byte ^ 1) } : tlv));

/** A signature that is good for the stored digest of an image that was changed afterwards: only recomputing finds it. */
const tampered = image.with(100, (image[100] ?? 0) ^ 1);

const pureImage = signedImage(ed, { signature: { key: ed.publicKey, kind: "pure" } });
const asPure =
  (value: Uint8Array) =>
  ({ all }: OwnTlvs): readonly TlvInput[] =>
    all.map((tlv) => (tlv.type === 0x25 ? { ...tlv, value } : tlv));

describe("T-IMG-NON-AUTH T-SER-IMAGE what it would not boot, or should not, is refused", () => {
  test.each([
    ["one byte of the payload changed, signature good for the stored digest", tampered, "digest-mismatch"],
    ["the stored digest changed", withTlvs(image, otherDigest), "digest-mismatch"],
    ["signed by a stranger", signedImage(stranger), "signer-unknown"],
    [
      "a stranger's signature under a trusted key's name",
      withTlvs(image, ({ digest, name }) => [digest, name, { type: 0x24, value: signRaw(stranger, digest.value) }]),
      "signature-invalid",
    ],
    [
      "the signature of another image",
      withTlvs(image, ({ digest, name }) => [
        digest,
        name,
        { type: 0x24, value: lastValue(signedImage(ed, { securityCounter: 8 })) },
      ]),
      "signature-invalid",
    ],
    [
      "a good signature, and a bad one under another trusted key",
      withTlvs(image, ({ all }) => [
        ...all,
        { type: 1, value: keyHash(ec.publicKey, "sha-256", nodeCrypto) },
        { type: 0x22, value: derFromRaw(new Uint8Array(64).fill(1)) },
      ]),
      "signature-invalid",
    ],
    [
      "an ECDSA signature that is no DER",
      withTlvs(signedImage(ec), ({ digest, name }) => [
        digest,
        name,
        { type: 0x22, value: signRaw(ec, parsed(signedImage(ec)).hashed) },
      ]),
      "signature-invalid",
    ],
    [
      "marked pure, signed over the digest",
      withTlvs(image, ({ digest, name, signature }) => [
        digest,
        { type: 0x25, value: Uint8Array.of(1) },
        name,
        signature,
      ]),
      "signature-invalid",
    ],
    [
      "ECDSA marked pure",
      withTlvs(signedImage(ec), ({ digest, name, signature }) => [
        digest,
        { type: 0x25, value: Uint8Array.of(1) },
        name,
        signature,
      ]),
      "signature-invalid",
    ],
    ["no signature", withTlvs(image, ({ digest, name }) => [digest, name]), "signature-missing"],
    ["no digest", withTlvs(image, ({ name, signature }) => [name, signature]), "digest-missing"],
    ["two digests", withTlvs(image, ({ digest, all }) => [digest, ...all]), "malformed-image"],
    [
      "a signature that names no key",
      withTlvs(image, ({ digest, signature }) => [digest, signature]),
      "signer-unknown",
    ],
    [
      "the name behind the signature",
      withTlvs(image, ({ digest, name, signature }) => [digest, signature, name]),
      "signer-unknown",
    ],
    [
      "an RSA signature",
      withTlvs(image, ({ digest, name }) => [
        digest,
        { ...name, value: new Uint8Array(32) },
        { type: 0x20, value: new Uint8Array(256) },
      ]),
      "unsupported-signature",
    ],
    [
      "an ECDSA signature under an Ed25519 key",
      withTlvs(image, ({ digest, name }) => [digest, name, { type: 0x22, value: new Uint8Array(70) }]),
      "algorithm-not-allowed",
    ],
    [
      "an ECDSA signature under a SHA-512 digest",
      withTlvs(signedImage(ec), ({ signature }) => [
        { type: 0x12, value: digestOf(parsed(signedImage(ec)).hashed, "sha-512", nodeCrypto) },
        { type: 1, value: keyHash(ec.publicKey, "sha-512", nodeCrypto) },
        signature,
      ]),
      "algorithm-not-allowed",
    ],
    [
      "a counter that nobody signed",
      withTlvs(signedImage(ed, { securityCounter: 1 }), ({ all }) => [
        ...all,
        { type: 0x50, value: Uint8Array.of(9, 0, 0, 0) },
      ]),
      "tlv-not-protected",
    ],
    [
      "a dependency that nobody signed",
      withTlvs(image, ({ all }) => [...all, { type: 0x40, value: new Uint8Array(12) }]),
      "tlv-not-protected",
    ],
    [
      "a vendor's TLV that nobody signed",
      withTlvs(image, ({ all }) => [...all, { type: 0xa0, value: Uint8Array.of(1) }]),
      "tlv-not-protected",
    ],
    [
      "a TLV without a name that nobody signed",
      withTlvs(image, ({ all }) => [{ type: 0x0e, value: Uint8Array.of(1) }, ...all]),
      "tlv-not-protected",
    ],
    [
      "a boot record that nobody signed",
      withTlvs(image, ({ all }) => [...all, { type: 0x60, value: Uint8Array.of(0xa0) }]),
      "tlv-not-protected",
    ],
    ["its signature twice", withTlvs(image, ({ all, signature }) => [...all, signature]), "malformed-image"],
    ["the name of its key twice", withTlvs(image, ({ all, name }) => [name, ...all]), "malformed-image"],
    ["marked pure by another value", withTlvs(pureImage, asPure(Uint8Array.of(2))), "malformed-image"],
    ["marked pure by nothing", withTlvs(pureImage, asPure(new Uint8Array(0))), "malformed-image"],
    ["marked pure by two bytes", withTlvs(pureImage, asPure(Uint8Array.of(1, 0))), "malformed-image"],
    ["encrypted", image.with(16, 0x04), "encrypted-image"],
    ["encrypted with 256 bits", image.with(16, 0x08), "encrypted-image"],
    ["bytes behind the image", concatBytes(image, Uint8Array.of(0xff)), "malformed-image"],
  ] as const)("%s", (_, bytes, code) => {
    expect(verdict(bytes)).toBe(code);
  });

  test("T-IMG-EXPIRED an older counter", () => {
    expect(verifyImage(image, policy({ rollback: { storedCounter: 8 } }))).toEqual({
      ok: false,
      error: { code: "rollback", offered: 7, floor: 8 },
    });
  });

  test("no counter where one is demanded; none is fine where it is not", () => {
    const without = signedImageWithoutCounter();
    expect(verdict(without)).toBe("security-counter-missing");
    expect(verdict(without, { rollback: "none" })).toBe("accepted");
  });

  test("larger than its slot, or than the file limit", () => {
    expect(verdict(image, { maxImageSize: image.length })).toBe("accepted");
    expect(verifyImage(image, policy({ maxImageSize: image.length - 1 }))).toEqual({
      ok: false,
      error: { code: "image-too-large", size: image.length, limit: image.length - 1 },
    });
    expect(verdict(image, { maxBytes: image.length })).toBe("accepted");
    expect(verdict(image, { maxBytes: image.length - 1 })).toBe("too-large");
  });

  test.each([
    ["Ed25519", image],
    ["ECDSA P-256", signedImage(ec)],
    ["pure", pureImage],
  ])("each bit of a file is covered: %s", (_, bytes) => {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const at = bit >> 3;
      const code = verdict(bytes.with(at, (bytes[at] ?? 0) ^ (1 << (bit & 7))));
      expect(code, `offset ${at}, bit ${bit & 7}`).not.toBe("accepted");
    }
  });

  test("cut at each length", () => {
    for (let length = 0; length < image.length; length++) {
      expect(verdict(image.subarray(0, length)), `${length} bytes`).toBe("malformed-image");
    }
  });
});

function signedImageWithoutCounter(): Uint8Array {
  const input = imageInput(ed);
  const { securityCounter: _, ...without } = input;
  return buildWith(without);
}

function buildWith(input: Omit<ReturnType<typeof imageInput>, "securityCounter">): Uint8Array {
  const laidOut = layOut(input);
  return laidOut.finish(signRaw(ed, laidOut.toBeSigned));
}

function layOut(input: Parameters<typeof layOutImage>[0]) {
  const laidOut = layOutImage(input, nodeCrypto);
  if (!laidOut.ok) throw new Error(laidOut.error.code);
  return laidOut.value;
}
