import { type Result, refuse } from "@sumac/cbor";
import type { Crypto } from "@sumac/crypto";
import type { RoleKeys } from "../metadata.ts";
import type { KeyContext } from "../parse-metadata.ts";
import type { TufRefusal } from "../refusal.ts";
import { parseSignedFile, type SignedFile } from "../signed-file.ts";
import { countSignatures, thresholdRefusal } from "../verify-signatures.ts";
import { note, type Steps } from "./step.ts";

export const refuseTuf = (refusal: TufRefusal): never => refuse(refusal);

export function need<T>(result: Result<T, TufRefusal>): T {
  return result.ok ? result.value : refuseTuf(result.error);
}

/** Who vouches for a role: the key list to count by, and its name for people. */
export interface Authority {
  readonly name: string;
  readonly keys: RoleKeys;
}

/** Metadata together with the bytes it came as. */
export interface Verified<M> {
  readonly file: SignedFile;
  readonly metadata: M;
}

/** Unwinds unless enough keys of the authority signed. */
export function* needSignatures(file: SignedFile, role: string, authority: Authority, crypto: Crypto): Steps<void> {
  const count = countSignatures(file, authority.keys, crypto);
  const refusal = thresholdRefusal(count, authority.keys, role, authority.name);
  if (refusal !== undefined) refuseTuf(refusal);
  for (const keyId of count.ignored) yield* note({ code: "signature-ignored", role, keyId });
}

/**
 * A stored file counts only if it would be accepted today: keys may have changed since. One that does not is as if it were
 * not there, and a note says so.
 */
export function* readStored<M>(
  bytes: Uint8Array | undefined,
  name: string,
  role: string,
  authority: Authority,
  context: KeyContext,
  parse: (file: SignedFile, context: KeyContext) => Result<M, TufRefusal>,
): Steps<Verified<M> | undefined> {
  if (bytes === undefined) return undefined;
  const file = parseSignedFile(bytes, name);
  if (!file.ok) return yield* unusable(name, file.error);
  const count = countSignatures(file.value, authority.keys, context.crypto);
  const refusal = thresholdRefusal(count, authority.keys, role, authority.name);
  if (refusal !== undefined) return yield* unusable(name, refusal);
  const metadata = parse(file.value, context);
  if (!metadata.ok) return yield* unusable(name, metadata.error);
  return { file: file.value, metadata: metadata.value };
}

function* unusable(file: string, because: TufRefusal): Steps<undefined> {
  yield* note({ code: "stored-file-unusable", file, because });
  return undefined;
}
