/** Keys of every kind, records of every profile, and a device that is asked to install. */
import type { Crypto } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import type { Profile } from "./profile.ts";
import {
  blockBy,
  classId,
  firmware,
  type ReleaseShape,
  roleOf,
  signedBy,
  type TestKey,
  testKey,
  vendorId,
} from "./signed-release.test.support.ts";
import type { Role, TrustRecord } from "./trust-record.ts";
import { type VerifyContext, verifyEnvelope } from "./verify-envelope.ts";

export const ed: TestKey = testKey("ed25519");
const p256: TestKey = testKey("ecdsa-p256-sha256");
export const p384: TestKey = testKey("ecdsa-p384-sha384");
export const ml65: TestKey = testKey("ml-dsa-65");
export const ml87: TestKey = testKey("ml-dsa-87");
export const second87: TestKey = testKey("ml-dsa-87");
export const strangeEd: TestKey = testKey("ed25519");
export const strange65: TestKey = testKey("ml-dsa-65");
export const strange87: TestKey = testKey("ml-dsa-87");
export const ownerEd: TestKey = testKey("ed25519");
export const owner65: TestKey = testKey("ml-dsa-65");

export const record = (profile: Profile, ...roles: readonly Role[]): TrustRecord => ({
  profile,
  roles,
  legacyAlgorithms: [],
});
export const classic: TrustRecord = record("classic", roleOf("release", [ed, p256, p384]));
export const hybrid: TrustRecord = record("hybrid", roleOf("release", [ed, p384, ml65, ml87]));
export const hybridTwo: TrustRecord = record("hybrid", roleOf("release", [ed, p384, ml65, ml87], { threshold: 2 }));
export const hybridApproved: TrustRecord = record(
  "hybrid",
  roleOf("release", [ed, ml65]),
  roleOf("owner", [ownerEd, owner65], { purpose: "approval" }),
);
export const hybridLines: TrustRecord = record("hybrid", roleOf("line-a", [ed, ml65]), roleOf("line-b", [p384, ml87]));
export const cnsa2: TrustRecord = record("cnsa2", roleOf("release", [ml87, second87]));
export const cnsa2Two: TrustRecord = record("cnsa2", roleOf("release", [ml87, second87], { threshold: 2 }));

export function verify(
  bytes: Uint8Array,
  trust: TrustRecord,
  crypto: Crypto = nodeCrypto,
): ReturnType<typeof verifyEnvelope> {
  const context: VerifyContext = {
    crypto,
    trust,
    recipient: { vendorIds: [vendorId], classIds: [classId], components: [{ id: firmware, maxSize: 1000n }] },
    installed: { floor: 5n },
  };
  return verifyEnvelope(bytes, context);
}

export const strong: ReleaseShape = { manifest: "sha-384", image: "sha-384" };

export const other: Uint8Array = new TextEncoder().encode("the digest of another release");

export function withRubbish(digest: Uint8Array): Uint8Array[] {
  return [...signedBy(strangeEd, strange65)(digest), blockBy(ed, other), ...signedBy(ml65, p384)(digest)];
}

/** A block that does not say whose it is. */
export const anonymous = (key: TestKey, digest: Uint8Array): Uint8Array => blockBy(key, digest, { keyId: "none" });
