/** The example product of firmware-fixtures with its real firmware and its published keys, which are TEST ONLY. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { nodeCrypto } from "@sumac/crypto/node";
import type { DeviceIdentity } from "@sumac/device";
import {
  buildManifest,
  parseReleaseDescription,
  type ReleaseDescription,
  readFirmwareImage,
  type Signer,
  signEnvelope,
} from "@sumac/signing";
import { nodeSha1, openUnencryptedTestKey } from "@sumac/signing/node";
import { type ComponentId, classIdFor, vendorIdFor } from "@sumac/suit";

const fixtures = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../firmware-fixtures");

export const fixture = (...parts: readonly string[]): string => path.join(fixtures, ...parts);

export const description: ReleaseDescription = orThrow(
  parseReleaseDescription(new Uint8Array(readFileSync(fixture("sumac.yaml")))),
);

export const firmware: ComponentId = [new TextEncoder().encode("firmware")];
export const vendorId: Uint8Array = vendorIdFor(description.vendor, nodeSha1);
export const classId: Uint8Array = classIdFor(vendorId, description.product, nodeSha1);
export const identity: DeviceIdentity = { vendorIds: [vendorId], classIds: [classId], components: [firmware] };

/** `owner` is the plant, `foreign` somebody no device knows; the names with `-p256` hold ECDSA keys. */
export type KeyHolder = "vendor" | "vendor-p256" | "owner" | "owner-p256" | "foreign" | "foreign-p256";

export async function testSigner(holder: KeyHolder): Promise<Signer> {
  const key = await openUnencryptedTestKey(fixture("keys", `${holder}.test-only.private.pem`));
  return orThrow(key).signer;
}

/** The firmware of this version, as it lies in the device's memory. */
export function exampleImage(version: "1.0.0" | "1.1.0" | "1.2.0"): Uint8Array {
  const file = readFileSync(fixture("images", `rtu-demo-${version}.bin`));
  return orThrow(readFirmwareImage(new Uint8Array(file))).bytes;
}

/** What a vendor publishes. */
export interface Release {
  readonly version: string;
  readonly sequence: bigint;
  readonly envelope: Uint8Array;
  readonly image: Uint8Array;
  /** Under which the manifest asks for the image. */
  readonly uri: string;
}

/** Built and signed as a vendor does it; without signers nobody has signed. */
export async function makeRelease(
  made: { readonly version: string; readonly sequence: bigint; readonly image: Uint8Array },
  signers: readonly Signer[],
  product: ReleaseDescription = description,
): Promise<Release> {
  const built = orThrow(buildManifest({ description: product, ...made }, { crypto: nodeCrypto, sha1: nodeSha1 }));
  let { envelope } = built;
  for (const signer of signers)
    envelope = orThrow(await signEnvelope(envelope, signer, { crypto: nodeCrypto })).envelope;
  return { ...made, envelope, uri: built.payload.uri };
}

export function orThrow<T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: { readonly code: string } },
): T {
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
}
