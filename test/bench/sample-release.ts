import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { algorithmForScheme, keyId, parsePublicKeyPem, publicKeyPem } from "@sumac/cose";
import type { PublicKey } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { type Signer, signEnvelope } from "@sumac/signing";
import { nodeSha1 } from "@sumac/signing/node";
import {
  buildEnvelope,
  classIdFor,
  encloseBytes,
  encodeDigest,
  type ManifestInput,
  manifestDigest,
  type SuitDigest,
  serializeManifest,
  vendorIdFor,
} from "@sumac/suit";

/** A signed envelope, its key, and files of both. The private key is forgotten. */
export interface SampleRelease {
  readonly envelope: Uint8Array;
  readonly publicKey: PublicKey;
  readonly envelopeFile: string;
  readonly keyFile: string;
  readonly uri: string;
}

/**
 * A release around a digest, without its payload in memory. `bytes` is how large the envelope is to be at least: text
 * makes up the difference.
 */
export async function writeSampleRelease(
  folder: string,
  payload: { readonly digest: SuitDigest; readonly size: bigint },
  bytes = 0,
): Promise<SampleRelease> {
  const signer = temporarySigner();
  const uri = "payload.bin";
  const short = await signed(signer, manifestInput(payload, uri, ""));
  const envelope = await signed(signer, manifestInput(payload, uri, "x".repeat(Math.max(0, bytes - short.length))));
  const envelopeFile = path.join(folder, "sample.suit");
  const keyFile = path.join(folder, "sample.pub.pem");
  writeFileSync(envelopeFile, envelope);
  writeFileSync(keyFile, publicKeyPem(signer.publicKey));
  return { envelope, publicKey: signer.publicKey, envelopeFile, keyFile, uri };
}

function manifestInput(payload: { digest: SuitDigest; size: bigint }, uri: string, description: string): ManifestInput {
  const vendorId = vendorIdFor("vendor.example", nodeSha1);
  const component = [new TextEncoder().encode("firmware")];
  return {
    sequenceNumber: 1n,
    components: [component],
    shared: {
      commands: [
        {
          kind: "override-parameters",
          parameters: {
            vendorIdentifier: vendorId,
            classIdentifier: classIdFor(vendorId, "bench", nodeSha1),
            imageDigest: payload.digest,
            imageSize: payload.size,
          },
        },
        { kind: "condition", condition: "vendor-identifier", policy: 15 },
        { kind: "condition", condition: "class-identifier", policy: 15 },
      ],
    },
    install: {
      at: "inline",
      value: {
        commands: [
          { kind: "override-parameters", parameters: { uri } },
          { kind: "directive", directive: "fetch", policy: 2 },
          { kind: "condition", condition: "image-match", policy: 15 },
        ],
      },
    },
    validate: { commands: [{ kind: "condition", condition: "image-match", policy: 15 }] },
    text: {
      at: "inline",
      value: { languages: [{ language: "en", manifestDescription: description, components: [] }] },
    },
  };
}

async function signed(signer: Signer, input: ManifestInput): Promise<Uint8Array> {
  const manifestBytes = serializeManifest(input);
  const digest = manifestDigest(encloseBytes(manifestBytes), "sha-256", nodeCrypto);
  const unsigned = buildEnvelope({
    digestElement: encodeDigest(digest),
    blocks: [],
    manifestBytes,
    severed: new Map(),
  });
  const result = await signEnvelope(unsigned, signer, { crypto: nodeCrypto });
  if (!result.ok) throw new Error(result.error.code);
  return result.value.envelope;
}

function temporarySigner(): Signer {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const parsed = parsePublicKeyPem(String(publicKey.export({ type: "spki", format: "pem" })));
  if (!parsed.ok) throw new Error(parsed.error.code);
  return {
    keyId: keyId(parsed.value, nodeCrypto),
    algorithm: algorithmForScheme("ed25519"),
    publicKey: parsed.value,
    sign: async (bytes) => ed25519(privateKey, bytes),
  };
}

const ed25519 = (key: KeyObject, bytes: Uint8Array): Uint8Array => new Uint8Array(sign(null, bytes, key));
