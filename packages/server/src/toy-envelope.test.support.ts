import { err, ok } from "@sumac/cbor";
import { hexToBytes } from "@sumac/crypto";
import { measureBytes } from "./blobs/measure.ts";
import type { CheckEnvelope } from "./check-envelope.ts";

export const vendorId = "fa6b4a53d5ad5fdfbe9de663e4d41ffe";
export const classId = "1492af1425695e48bf429b2d51f2ab45";

/** What the check of the tests reads from an "envelope", which is this as JSON. The real check has tests of its own. */
export interface ToyEnvelope {
  readonly signed: boolean;
  readonly vendorId: string;
  readonly classId: string;
  readonly components: readonly string[];
  readonly sequence: number;
  readonly payloads: readonly { readonly uri: string; readonly sha256: string; readonly size: number }[];
  readonly salt?: string;
  readonly manifestDigest?: string;
}

export const toyCheck: CheckEnvelope = (bytes) => {
  const toy = JSON.parse(new TextDecoder().decode(bytes)) as ToyEnvelope;
  if (!toy.signed) return err({ code: "signer-unknown", keyIds: ["00ff"] });
  return ok({
    vendorId: hexToBytes(toy.vendorId),
    classId: hexToBytes(toy.classId),
    components: toy.components,
    sequence: BigInt(toy.sequence),
    manifestDigest: {
      algorithm: "sha-256",
      bytes: hexToBytes(toy.manifestDigest ?? measureBytes(bytes).sha256),
    },
    payloads: toy.payloads.map(({ uri, sha256, size }) => ({
      uri,
      digest: { algorithm: "sha-256", bytes: hexToBytes(sha256) },
      size: BigInt(size),
    })),
    name: "toy",
  });
};
