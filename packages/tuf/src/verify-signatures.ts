import type { Crypto } from "@sumac/crypto";
import type { RoleKeys } from "./metadata.ts";
import type { TufRefusal } from "./refusal.ts";
import type { SignedFile } from "./signed-file.ts";

export interface SignatureCount {
  /** Distinct keys of the role with a valid signature. Keys of a role differ in material, so each is one holder. */
  readonly have: number;
  /** Keys of the role whose signature is empty or invalid. */
  readonly ignored: readonly string[];
  /** Keys of the role that signed with a scheme this verifier does not allow. */
  readonly blocked: readonly { readonly keyId: string; readonly scheme: string }[];
}

export function countSignatures(file: SignedFile, { keys }: RoleKeys, crypto: Crypto): SignatureCount {
  let have = 0;
  const ignored: string[] = [];
  const blocked: { keyId: string; scheme: string }[] = [];
  for (const { keyId, signature } of file.signatures) {
    const key = keys.get(keyId);
    if (key === undefined) continue;
    if (signature !== undefined && key.usable === undefined) blocked.push({ keyId, scheme: key.scheme });
    else if (signature !== undefined && key.usable?.verify(file.signedBytes, signature, crypto) === true) have++;
    else ignored.push(keyId);
  }
  return { have, ignored, blocked };
}

/** Why the signatures do not carry the file, or undefined if they do. `authority` names whose key list `keys` is. */
export function thresholdRefusal(
  count: SignatureCount,
  { threshold }: RoleKeys,
  role: string,
  authority: string,
): TufRefusal | undefined {
  if (count.have >= threshold) return undefined;
  const [blocked] = count.blocked;
  if (blocked !== undefined && count.have + count.blocked.length >= threshold) {
    return { code: "algorithm-not-allowed", role, ...blocked };
  }
  return { code: "threshold-not-met", role, authority, have: count.have, need: threshold };
}
