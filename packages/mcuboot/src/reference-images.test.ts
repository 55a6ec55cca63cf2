/** Images that the reference tool of MCUboot has made: the same verdicts, and the same bytes again. */
import { createHash, createPrivateKey, type KeyObject, sign } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { bytesToHex, concatBytes, hexToBytes, type PublicKey } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import { type ImageInput, layOutImage } from "./build-image.ts";
import { formatImageVersion, parseImageVersion } from "./image-version.ts";
import { keyHash } from "./key-hash.ts";
import { parseImage } from "./parse-image.ts";
import { verifyImage } from "./verify-image.ts";

const folder = path.join(import.meta.dirname, "../../../../shared/vectors/mcuboot");
const present = existsSync(path.join(folder, "INDEX.json"));
if (!present) console.warn(`reference images are not tested: ${folder} is not there`);

interface IndexedKey {
  readonly public_raw_hex: string;
  readonly keyhash_sha256_of_spki_hex: string;
  readonly seed_hex_published_test_key: string;
}

interface IndexedImage {
  readonly file: string;
  readonly version: string;
  readonly security_counter: number | null;
  readonly dependencies: readonly { readonly image: number; readonly min_version: string }[];
  readonly recomputed_sha256: string;
  readonly payload: string | null;
  readonly end_of_tlvs: number;
  readonly signed_with: string;
  readonly expected: Readonly<Record<string, string>>;
  readonly trailer?: object;
}

const index: { readonly keys: Readonly<Record<string, IndexedKey>>; readonly images: readonly IndexedImage[] } = present
  ? JSON.parse(readFileSync(path.join(folder, "INDEX.json"), "utf8"))
  : { keys: {}, images: [] };

const read = (file: string): Uint8Array => new Uint8Array(readFileSync(path.join(folder, file)));
const publicKey = ({ public_raw_hex }: IndexedKey): PublicKey => ({
  scheme: "ed25519",
  bytes: hexToBytes(public_raw_hex),
});

function privateKey({ seed_hex_published_test_key }: IndexedKey): KeyObject {
  const pkcs8 = concatBytes(hexToBytes("302e020100300506032b657004220420"), hexToBytes(seed_hex_published_test_key));
  return createPrivateKey({ key: Buffer.from(pkcs8), format: "der", type: "pkcs8" });
}

/** What the index says, as the codes that say it here. */
const expectedCode: Readonly<Record<string, string>> = {
  accept: "accepted",
  "reject: signed by another key": "signer-unknown",
  "reject: hash mismatch": "digest-mismatch",
};

describe.skipIf(!present)("images of the reference tool", () => {
  test.each(Object.entries(index.keys))("the key hash of %s", (_, key) => {
    expect(bytesToHex(keyHash(publicKey(key), "sha-256", nodeCrypto))).toBe(key.keyhash_sha256_of_spki_hex);
  });

  const verdicts = index.images.flatMap((image) =>
    Object.entries(image.expected).map(([key, expected]) => ({ image, key, expected })),
  );
  test.each(verdicts)("$image.file with $key: $expected", ({ image, key, expected }) => {
    const indexed = index.keys[key];
    if (indexed === undefined) throw new Error(`no key ${key}`);
    const verify = (rollback: "none" | { storedCounter: number }): string => {
      const verified = verifyImage(read(image.file), { crypto: nodeCrypto, keys: [publicKey(indexed)], rollback });
      if (!verified.ok) return verified.error.code;
      expect(bytesToHex(verified.value.digest.bytes)).toBe(image.recomputed_sha256);
      return "accepted";
    };
    expect(verify("none")).toBe(expectedCode[expected]);
    if (expected !== "accept") return;
    const counter = image.security_counter;
    if (counter === null) return expect(verify({ storedCounter: 0 })).toBe("security-counter-missing");
    expect(verify({ storedCounter: counter })).toBe("accepted");
    expect(verify({ storedCounter: counter + 1 })).toBe("rollback");
  });

  test.each(index.images)("what is in $file", (image) => {
    const parsed = parseImage(read(image.file));
    if (!parsed.ok) throw new Error(parsed.error.code);
    const { header, securityCounter, dependencies, length, trailer } = parsed.value;
    expect(formatImageVersion(header.version)).toBe(image.version);
    expect(securityCounter ?? null).toBe(image.security_counter);
    expect(dependencies.map((one) => ({ image: one.image, min_version: formatImageVersion(one.minVersion) }))).toEqual(
      image.dependencies,
    );
    expect(length).toBe(image.end_of_tlvs);
    expect(trailer).toEqual(image.trailer === undefined ? undefined : { maxAlign: 8, imageOk: "confirmed" });
  });

  const rebuilt = index.images.filter(({ payload }) => payload !== null);
  test.each(rebuilt)("$file is made again, byte for byte", (image) => {
    const key = index.keys[image.signed_with];
    const version = parseImageVersion(image.version);
    if (key === undefined || version === undefined || image.payload === null) throw new Error("a gap in the index");
    const automatic = image.file.includes("secauto");
    const slot = { size: 0x80000, align: 8, sectors: 128 };
    const laidOut = layOutImage(
      {
        payload: read(image.payload),
        headerSpace: "added",
        headerSize: 0x200,
        version,
        ...(image.security_counter === null
          ? {}
          : { securityCounter: automatic ? ("automatic" as const) : image.security_counter }),
        dependencies: image.dependencies.map((one) => {
          const minVersion = parseImageVersion(one.min_version);
          if (minVersion === undefined) throw new Error(one.min_version);
          return { image: one.image, minVersion };
        }),
        signature: { key: publicKey(key), kind: "digest" },
        slot,
        ...(image.trailer === undefined ? {} : { pad: "confirm" as const }),
      },
      nodeCrypto,
    );
    if (!laidOut.ok) throw new Error(laidOut.error.code);
    const pkcs8 = concatBytes(
      hexToBytes("302e020100300506032b657004220420"),
      hexToBytes(key.seed_hex_published_test_key),
    );
    const seed = createPrivateKey({ key: Buffer.from(pkcs8), format: "der", type: "pkcs8" });
    const made = laidOut.value.finish(sign(null, laidOut.value.toBeSigned, seed));
    expect(Buffer.from(made).equals(read(image.file))).toBe(true);
  });
});

const slot = { size: 0x80000, align: 8, sectors: 128 };

/** SHA-256 of what imgtool 2.4.0 made of `app_v1.bin`, the first key and these options, in November 2026. */
const made: readonly (readonly [options: string, change: Partial<ImageInput>, sha256: string])[] = [
  [
    "--sha 512",
    { signature: { key: nobody(), kind: "digest", digest: "sha-512" } },
    "4a3a51a45a1b6ce739e40d2476c4493232ba4496664caf4494561e23ba8e4560",
  ],
  [
    "--pure",
    { signature: { key: nobody(), kind: "pure" } },
    "07ad7e8f24414e758f070beda1ee47d902df247d72e70d26677b7f0eeab0344e",
  ],
  [
    "--align 16 --pad -s 9",
    { slot: { ...slot, align: 16 }, pad: "test", securityCounter: 9 },
    "a1c3416ed6aa63124e73cb89186fd334ef4d752ffb90db5089caada7cf375458",
  ],
  [
    "--align 32 --confirm -s auto",
    { slot: { ...slot, align: 32 }, pad: "confirm", securityCounter: "automatic" },
    "35bd2f7b49a8b78c2167579c4aa94e2a12eb4b15e5059c0bb46f76d3b9047575",
  ],
  [
    "--align 4 --confirm",
    { slot: { ...slot, align: 4 }, pad: "confirm" },
    "a08322cb37b4dbef790baff7019a8e3c3086f5c566ebec55e3686344d972e49d",
  ],
  [
    "--confirm -M 64",
    { slot: { ...slot, sectors: 64 }, pad: "confirm" },
    "a08322cb37b4dbef790baff7019a8e3c3086f5c566ebec55e3686344d972e49d",
  ],
  [
    "--custom-tlv 0x00a0 0x010203 --custom-tlv 0x01fe text",
    {
      vendorTlvs: [
        { type: 0xa0, value: Uint8Array.of(1, 2, 3) },
        { type: 0x1fe, value: new TextEncoder().encode("text") },
      ],
    },
    "9e193f940cffd1d457d6a49f8f03d4a4e7a12b43ba87f32173f3dc39f9f5e1ea",
  ],
  ["--non-bootable", { flags: ["non-bootable"] }, "74174eda6d6c8d610d51e517bf41c772eddbe57113f585ba156d3da5606d6a6a"],
  [
    "--rom-fixed 0x8000",
    { flags: ["rom-fixed"], loadAddress: 0x8000 },
    "71cf6a829bd17f6cb9ce5a4ea86060925f11af61fc578eff5bc51d2162bc14ee",
  ],
  [
    "-L 0x20000000",
    { flags: ["ram-load"], loadAddress: 0x20000000 },
    "b5b18097ececc9c179ebe714624b5d376182da07186d27d39590fe39294dec0f",
  ],
  [
    '-s 3 -d "(1, 1.2.3+0),(2, 0.9.0+7)"',
    {
      securityCounter: 3,
      dependencies: [
        { image: 1, minVersion: { major: 1, minor: 2, revision: 3, build: 0 } },
        { image: 2, minVersion: { major: 0, minor: 9, revision: 0, build: 7 } },
      ],
    },
    "a82be2080f1ce8135774717fd145e1e3e5efc88ed76c6cdf1b9eddcae5190e96",
  ],
  [
    "-H 0x20 -v 0.0.1",
    { headerSize: 0x20, version: { major: 0, minor: 0, revision: 1, build: 0 } },
    "e7472a9fd93698091420e524efa61bcd99f697dd9a5dbcbe7820a5f1df05c5e1",
  ],
];

function nobody(): PublicKey {
  return { scheme: "ed25519", bytes: new Uint8Array(32) };
}

describe.skipIf(!present)("options of the reference tool", () => {
  test.each(made)("%s", (_, change, sha256) => {
    const key = index.keys["root-ed25519"];
    if (key === undefined) throw new Error("a gap in the index");
    const input: ImageInput = {
      payload: read("app_v1.bin"),
      headerSpace: "added",
      headerSize: 0x200,
      version: { major: 1, minor: 2, revision: 3, build: 4 },
      slot,
      ...change,
      signature: { kind: "digest", ...change.signature, key: publicKey(key) },
    };
    const laidOut = layOutImage(input, nodeCrypto);
    if (!laidOut.ok) throw new Error(laidOut.error.code);
    const image = laidOut.value.finish(sign(null, laidOut.value.toBeSigned, privateKey(key)));
    expect(createHash("sha256").update(image).digest("hex")).toBe(sha256);
    const verified = verifyImage(image, { crypto: nodeCrypto, keys: [publicKey(key)], rollback: "none" });
    expect(verified.ok).toBe(true);
  });
});
