/** Small releases, signed by keys of any scheme with any digest: everything a profile could object to. */
import { createHash, generateKeyPairSync, type KeyPairKeyObjectResult, sign as nodeSign } from "node:crypto";
import { type CborValue, encode, Tagged } from "@sumac/cbor";
import { algorithmForScheme, parsePublicKeyDer, toBeSigned } from "@sumac/cose";
import type { DigestName, SignatureScheme } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  buildEnvelope,
  type CommandInput,
  encloseBytes,
  encodeDigest,
  type ManifestInput,
  manifestDigest,
  type SuitDigest,
  serializeManifest,
  severMembers,
} from "@sumac/suit";
import { type Role, type TrustedKey, trustKey } from "./trust-record.ts";

/** TEST ONLY, and new in every run. */
export interface TestKey {
  readonly trusted: TrustedKey;
  sign(message: Uint8Array): Uint8Array;
}

function freshPair(scheme: SignatureScheme): KeyPairKeyObjectResult {
  switch (scheme) {
    case "ed25519":
      return generateKeyPairSync("ed25519");
    case "ecdsa-p256-sha256":
      return generateKeyPairSync("ec", { namedCurve: "P-256" });
    case "ecdsa-p384-sha384":
      return generateKeyPairSync("ec", { namedCurve: "P-384" });
    case "ml-dsa-65":
      return generateKeyPairSync("ml-dsa-65");
    case "ml-dsa-87":
      return generateKeyPairSync("ml-dsa-87");
  }
}

export function testKey(scheme: SignatureScheme): TestKey {
  const { publicKey, privateKey } = freshPair(scheme);
  const key = parsePublicKeyDer(new Uint8Array(publicKey.export({ type: "spki", format: "der" })));
  if (!key.ok) throw new Error(key.error.reason);
  const hash = scheme === "ecdsa-p256-sha256" ? "sha256" : scheme === "ecdsa-p384-sha384" ? "sha384" : null;
  return {
    trusted: trustKey(key.value, nodeCrypto),
    sign: (message) => new Uint8Array(nodeSign(hash, message, { key: privateKey, dsaEncoding: "ieee-p1363" })),
  };
}

/** What the block claims to be, where that is not the truth. */
interface Claims {
  readonly algorithm?: number;
  readonly keyId?: Uint8Array | "none";
}

/** A COSE_Sign1 written out here, apart from the builder of @sumac/cose, so that it can also lie. */
export function blockBy(key: TestKey, payload: Uint8Array, claims: Claims = {}): Uint8Array {
  const { algorithm = algorithmForScheme(key.trusted.key.scheme).id, keyId = key.trusted.keyId } = claims;
  const header = encode(
    new Map<CborValue, CborValue>(
      keyId === "none"
        ? [[1, algorithm]]
        : [
            [1, algorithm],
            [4, keyId],
          ],
    ),
  );
  return encode(new Tagged(18, [header, new Map(), null, key.sign(toBeSigned(header, payload))]));
}

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

export const vendorId: Uint8Array = new Uint8Array(16).fill(0xa5);
export const classId: Uint8Array = new Uint8Array(16).fill(0xc5);
export const firmware: readonly Uint8Array[] = [ascii("firmware")];
export const image: Uint8Array = ascii("firmware image");

const digestOf = (algorithm: DigestName): SuitDigest => ({
  algorithm,
  bytes: new Uint8Array(createHash(algorithm.replace("-", "")).update(image).digest()),
});

const condition = (name: "vendor-identifier" | "class-identifier" | "image-match"): CommandInput => ({
  kind: "condition",
  condition: name,
  policy: 15,
});

export interface ReleaseShape {
  /** Of the wrapper. */
  readonly manifest?: DigestName;
  readonly image?: DigestName;
  /** The install sequence says it again, with this digest of the same image. */
  readonly installImage?: DigestName;
  /** Where the install sequence says it. */
  readonly within?: "try-each" | "run-sequence";
  /** Absent = install stays in the manifest. */
  readonly severed?: DigestName;
}

/** The blocks are made for the encoded wrapper digest they are given. */
export function release(blocks: (digest: Uint8Array) => readonly Uint8Array[], shape: ReleaseShape = {}): Uint8Array {
  const { manifest = "sha-256", image: imageAlgorithm = "sha-256", installImage = imageAlgorithm, severed } = shape;
  const override: CommandInput = {
    kind: "override-parameters",
    parameters: { uri: "a.bin", imageDigest: digestOf(installImage) },
  };
  const alternatives = [{ commands: [override] }, { commands: [override] }];
  const input: ManifestInput = {
    sequenceNumber: 7n,
    components: [firmware],
    shared: {
      commands: [
        {
          kind: "override-parameters",
          parameters: {
            vendorIdentifier: vendorId,
            classIdentifier: classId,
            imageDigest: digestOf(imageAlgorithm),
            imageSize: BigInt(image.length),
          },
        },
        condition("vendor-identifier"),
        condition("class-identifier"),
      ],
    },
    validate: { commands: [condition("image-match")] },
    install: {
      at: "inline",
      value: {
        commands: [
          shape.within === "try-each"
            ? { kind: "try-each", sequences: alternatives, orNil: false }
            : shape.within === "run-sequence"
              ? { kind: "run-sequence", sequence: { commands: [override] } }
              : override,
          { kind: "directive", directive: "fetch", policy: 2 },
          condition("image-match"),
        ],
      },
    },
  };
  const parts = severMembers(input, severed === undefined ? [] : ["install"], severed ?? "sha-256", nodeCrypto);
  const manifestBytes = serializeManifest(parts.manifest);
  const digestElement = encodeDigest(manifestDigest(encloseBytes(manifestBytes), manifest, nodeCrypto));
  return buildEnvelope({ digestElement, blocks: blocks(digestElement), manifestBytes, severed: parts.severed });
}

export const signedBy =
  (...keys: readonly TestKey[]) =>
  (digest: Uint8Array): Uint8Array[] =>
    keys.map((key) => blockBy(key, digest));

export function roleOf(name: string, keys: readonly TestKey[], over: Partial<Role> = {}): Role {
  return { name, purpose: "release", threshold: 1, keys: keys.map((key) => key.trusted), components: "any", ...over };
}
