import { bytesToHex, type Crypto } from "@sumac/crypto";
import { manifestFacts } from "@sumac/suit";
import { checkFile, type FoundTarget, matchCustom, sumacPolicy } from "@sumac/tuf";
import type { TrustParts, VerifiedUpdate } from "@sumac/verifier";
import type { DdiDeployment } from "../ddi/ddi-client-reply.ts";
import type { TrustedTime } from "../device/trusted-time.ts";
import { byRepository, type RepositoryRefusal } from "./repository-refusal.ts";

/** The vendor's signed repository, as this device sees it. */
export interface TargetRepository {
  /**
   * Brings the device's copy up to date and looks the path up, at the time that the device knows. Throws `Unavailable`
   * where server or storage fail: that says nothing about the repository, and is tried again.
   */
  find(
    path: string,
    time: TrustedTime,
  ): Promise<
    { readonly ok: true; readonly value: FoundTarget } | { readonly ok: false; readonly error: RepositoryRefusal }
  >;
}

/** The server's advice where in the repository a deployment is listed. It only chooses what is asked. */
export function advisedTarget({ chunks }: DdiDeployment): string | undefined {
  for (const { metadata } of chunks) {
    const advice = metadata?.find(({ key }) => key === "tuf-target");
    if (advice !== undefined) return advice.value;
  }
  return undefined;
}

/** trust.md 2, check 6: before anything in the envelope is believed. */
export function checkListedBytes(
  envelope: Uint8Array,
  { target }: FoundTarget,
  crypto: Crypto,
): RepositoryRefusal | undefined {
  const refusal = checkFile(target.path, envelope, target, sumacPolicy.digests, crypto);
  return refusal === undefined ? undefined : byRepository(refusal);
}

/**
 * trust.md 2, check 7, for a verified update: the keys of the line that lists it have signed it, as many as the line needs,
 * and `custom` says what the manifest says.
 */
export function checkListedFacts(update: VerifiedUpdate, listed: FoundTarget): RepositoryRefusal | undefined {
  const { target, role, keys } = listed;
  const own = update.signers.filter(({ keyId }) => keys.keys.has(keyId));
  if (own.length < keys.threshold) {
    return byRepository({ code: "custom-mismatch", member: "line", tuf: role, suit: null });
  }
  return checkCustom(update, listed, target.path.split("/")[0] ?? "");
}

/**
 * The same without the line's keys. For a trust record, which root keys sign: the line's role only vouches that it is the
 * vendor's present one. And for a gateway, whose device judges the signatures itself.
 */
export const checkListedManifest = (
  about: Pick<VerifiedUpdate, "manifest">,
  listed: FoundTarget,
): RepositoryRefusal | undefined => checkCustom(about, listed, listed.target.path.split("/")[0] ?? "");

function checkCustom(
  { manifest }: Pick<VerifiedUpdate, "manifest">,
  { target, role }: FoundTarget,
  line: string,
): RepositoryRefusal | undefined {
  const facts = manifestFacts(manifest);
  if (!facts.ok) {
    const member = { vendorIdentifier: "vendor_id", classIdentifier: "class_id", deviceIdentifier: "device_id" }[
      facts.error.identity
    ];
    return byRepository({ code: "custom-mismatch", member, tuf: null, suit: facts.error.code });
  }
  const matched = matchCustom({ path: target.path, role, custom: target.custom }, { line, ...facts.value });
  return matched.ok ? undefined : byRepository(matched.error);
}

/** Where an envelope has too few signatures that the device knows: whether the line has keys that it does not know. */
export function missingTrustUpdate({ role, keys }: FoundTarget, { vendor }: TrustParts): RepositoryRefusal | undefined {
  const known = new Set(vendor.roles.flatMap((each) => each.keys.map(({ keyId }) => bytesToHex(keyId))));
  const foreign = [...keys.keys.keys()].find((keyId) => !known.has(keyId));
  return foreign === undefined ? undefined : byRepository({ code: "trust-update-missing", role, keyId: foreign });
}
