import { hexToBytes, schemeForms } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  type ComponentId,
  defaultLimits,
  type Extension,
  firmwareEncryption24,
  trustDomains12,
  updateManagement14,
} from "@sumac/suit";
import { type Role, type TrustRecord, trustKey, type VerifyContext } from "@sumac/verifier";
import { testPublicKey } from "./test-public-key.ts";

/** The recipient that `firmware-fixtures/vectors/README.md` describes, written down again from that page. */
const id = (...names: string[]): ComponentId => names.map((name) => new TextEncoder().encode(name));
const key = (name: string) => trustKey(testPublicKey(name), nodeCrypto);

const release: Role = {
  name: "release",
  purpose: "release",
  threshold: 1,
  keys: [key("vendor"), key("vendor-p256")],
  components: [id("firmware"), id("settings")],
};
const owner: Role = { name: "owner", purpose: "approval", threshold: 1, keys: [key("owner")], components: "any" };
const supplier: Role = {
  name: "supplier",
  purpose: "release",
  threshold: 1,
  keys: [key("foreign")],
  components: [id("modem")],
};

/** A key that nobody has the private half of: whatever is not signed with it is refused. */
const fillerKey = (scheme: "ml-dsa-65" | "ml-dsa-87") =>
  trustKey({ scheme, bytes: new Uint8Array(schemeForms[scheme].keyLength).fill(0x5a) }, nodeCrypto);

const trusting = (...roles: Role[]): TrustRecord => ({ roles, legacyAlgorithms: [] });
const understanding = (...extensions: Extension[]) => ({ limits: { ...defaultLimits, extensions } });

const basic: VerifyContext = {
  crypto: nodeCrypto,
  trust: trusting(release),
  recipient: {
    vendorIds: [hexToBytes("bcc169656f3a53389d83d8b565c63bc7"), hexToBytes("d8704381fd59")],
    classIds: [hexToBytes("3fd5d26724e85bb79bfd39cd8340ccfa")],
    deviceIds: [new Uint8Array(16).fill(0xd1)],
    components: [
      { id: id("firmware"), maxSize: 65536n, slot: 1n, version: [1, 2, 0] },
      { id: id("settings"), maxSize: 4096n },
      { id: id("modem"), maxSize: 4096n },
      { id: id("rack", "modem"), maxSize: 4096n },
    ],
  },
  installed: {
    floor: 5n,
    manifestDigest: hexToBytes("fa2afce0ad8d31fef091b0b0286d237c212529505af2751d9cdf4f1eeb4e53f5"),
  },
  now: 1_800_000_000n,
};

const { now: _now, ...withoutClock } = basic;

/** By the name in a vector's `context:` header. */
const contexts: Readonly<Record<string, VerifyContext>> = {
  basic,
  "no-clock": withoutClock,
  "two-of-two": { ...basic, trust: trusting({ ...release, threshold: 2 }) },
  "owner-approves": { ...basic, trust: trusting(release, owner) },
  "window-closed": { ...basic, operations: { window: "closed", interlock: "clear" } },
  "interlock-engaged": { ...basic, operations: { window: "open", interlock: "engaged" } },
  "legacy-allowed": { ...basic, trust: { ...trusting(release), legacyAlgorithms: [-8] } },
  hybrid: {
    ...basic,
    trust: { ...trusting({ ...release, keys: [...release.keys, fillerKey("ml-dsa-65")] }), profile: "hybrid" },
  },
  cnsa2: { ...basic, trust: { ...trusting({ ...release, keys: [fillerKey("ml-dsa-87")] }), profile: "cnsa2" } },
  "small-device": { ...basic, limits: { ...defaultLimits, maxBytes: 512 } },
  "update-management": { ...basic, ...understanding(updateManagement14) },
  "firmware-encryption": { ...basic, ...understanding(firmwareEncryption24) },
  "trust-domains": {
    ...basic,
    ...understanding(trustDomains12),
    trust: trusting(release, supplier),
    dependencies: { installed: () => ({ floor: 3n }) },
  },
};

export const contextNames: readonly string[] = Object.keys(contexts);

export function recipientContext(name = "basic"): VerifyContext {
  const context = contexts[name];
  if (context === undefined) throw new Error(`no context ${name}`);
  return context;
}
