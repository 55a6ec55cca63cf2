import { type CborItem, type CborValue, encode, err, malformed, ok, type Result } from "@sumac/cbor";
import { type Crypto, equalBytes, type PublicKey } from "@sumac/crypto";
import { sha256 } from "../sha256.ts";
import type { DeviceState, Floor, StoredTrustPart } from "../state/state.ts";
import type { DeviceKey } from "../statement/device-key.ts";
import { type StatementRefusal, signStatement, verifyStatement } from "../statement/device-statement.ts";

/**
 * What the device signs of its own state (CR 3.4 RE 1): digests of what says whom it believes, what it is
 * and what it must not fall below. The stored state has a checksum against wear; whoever can write the storage can compute
 * that anew, but not this.
 */
export interface SealedContent {
  readonly vendorTrust: Uint8Array;
  readonly ownerTrust: Uint8Array | undefined;
  readonly identity: Uint8Array;
  readonly floors: Uint8Array;
  readonly configuration: Uint8Array | undefined;
}

export type SealedMember = keyof SealedContent;

const kind = "sumac integrity seal 1";

export function sealedContent(state: DeviceState, crypto: Crypto): SealedContent {
  const digest = (value: CborValue): Uint8Array => sha256(crypto, encode(value));
  const part = ({ record, sequence }: StoredTrustPart): CborValue => [record, sequence];
  const floor = (of: Floor | undefined): CborValue => (of === undefined ? null : [of.sequence, of.manifestDigest]);
  const { vendorIds, classIds, deviceId, components } = state.identity;
  return {
    vendorTrust: digest(part(state.trust.vendor)),
    ownerTrust: state.trust.owner === undefined ? undefined : digest(part(state.trust.owner)),
    identity: digest([[...vendorIds], [...classIds], deviceId ?? null, components.map((id) => [...id])]),
    floors: digest([floor(state.floor), floor(state.recovery)]),
    configuration: state.configurationDigest,
  };
}

export const makeSeal = (content: SealedContent, key: DeviceKey, crypto: Crypto): Promise<Uint8Array> =>
  signStatement(
    kind,
    [content.vendorTrust, content.ownerTrust ?? null, content.identity, content.floors, content.configuration ?? null],
    key,
    crypto,
  );

export function readSeal(
  seal: Uint8Array,
  deviceKey: PublicKey,
  crypto: Crypto,
): Result<SealedContent, StatementRefusal> {
  const content = verifyStatement(seal, kind, deviceKey, crypto);
  if (!content.ok) return content;
  const [vendor, owner, identity, floors, configuration, ...rest] = content.value;
  const [vendorTrust, identityDigest, floorDigest] = [bytesOf(vendor), bytesOf(identity), bytesOf(floors)];
  const [ownerTrust, configurationDigest] = [bytesOrNone(owner), bytesOrNone(configuration)];
  const isWhole = vendorTrust !== undefined && identityDigest !== undefined && floorDigest !== undefined;
  if (!isWhole || ownerTrust === "wrong" || configurationDigest === "wrong" || rest.length > 0) {
    return err(malformed("wrong-value", "seal", 0));
  }
  return ok({
    vendorTrust,
    ownerTrust,
    identity: identityDigest,
    floors: floorDigest,
    configuration: configurationDigest,
  });
}

const bytesOf = (item: CborItem | undefined): Uint8Array | undefined =>
  item?.kind === "bytes" ? item.value : undefined;

function bytesOrNone(item: CborItem | undefined): Uint8Array | undefined | "wrong" {
  if (item?.kind === "simple" && item.value === null) return undefined;
  return bytesOf(item) ?? "wrong";
}

/** Which members are not as sealed. */
export function differences(found: SealedContent, sealed: SealedContent): readonly SealedMember[] {
  const members = ["vendorTrust", "ownerTrust", "identity", "floors", "configuration"] as const;
  return members.filter((member) => !sameBytes(found[member], sealed[member]));
}

const sameBytes = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a === undefined || b === undefined ? a === b : equalBytes(a, b);
