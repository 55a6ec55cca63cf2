import { err, ok, type Result } from "@sumac/cbor";
import type { Crypto } from "@sumac/crypto";
import { decodeHex } from "../hex.ts";
import { parseSignedFile } from "../signed-file.ts";
import { type Authority, authoritiesFor, type InForce, keyOf, missingSignatures } from "./authority.ts";
import { type HeldRoot, holdRoot } from "./held-file.ts";
import { sealFile, signedBytes } from "./seal-file.ts";
import type { SignatureFile } from "./signature-file.ts";
import { draftTimeFlaw, type SigningRequest } from "./signing-request.ts";
import type { MissingSignatures, WriterRefusal } from "./writer-refusal.ts";

export interface CombineContext extends InForce {
  readonly crypto: Crypto;
  readonly now: bigint;
  /** The version of the role that the repository has now; 0 if none. */
  readonly current: number;
}

/** How far a ceremony is. */
export interface Combined {
  /** The file of metadata, with the signatures there are; publish it only when nothing is missing. */
  readonly bytes: Uint8Array;
  readonly signed: readonly string[];
  readonly missing: readonly MissingSignatures[];
}

/**
 * Puts draft and signatures together. Everything is checked against the repository, nothing is believed of the request:
 * whose signatures count, that the draft is the next version, that each signature is of this draft and valid.
 */
export function combine(
  request: SigningRequest,
  signatures: readonly SignatureFile[],
  context: CombineContext,
): Result<Combined, WriterRefusal> {
  const { role, draft } = request;
  const { crypto, current } = context;
  if (draft.version !== current + 1) return err({ code: "request-outdated", role, version: draft.version, current });
  const flaw = draftTimeFlaw(request, context.now);
  if (flaw !== undefined) return err(flaw);
  const authorities = authoritiesOf(request, context);
  if (!authorities.ok) return authorities;
  const entries = new Map<string, string>();
  for (const signature of signatures) {
    const refused = signatureFlaw(request, signature, authorities.value, crypto);
    if (refused !== undefined) return err(refused);
    entries.set(signature.keyId, signature.signature);
  }
  const bytes = sealFile(draft, entries);
  const file = parseSignedFile(bytes, role);
  if (!file.ok) return err({ code: "not-a-request", reason: file.error.code });
  return ok({ bytes, signed: [...entries.keys()], missing: missingSignatures(file.value, authorities.value, crypto) });
}

/** Of a request, by what the repository says. */
export function authoritiesOf(
  { role, draft }: Pick<SigningRequest, "role" | "draft">,
  { crypto, root, targets }: InForce & { readonly crypto: Crypto },
): Result<readonly Authority[], WriterRefusal> {
  let draftRoot: HeldRoot | undefined;
  if (role === "root") {
    const held = holdRoot(sealFile(draft, new Map()), "draft", crypto);
    if (!held.ok) return err({ code: "not-a-request", reason: held.error.code });
    draftRoot = held.value;
  }
  return authoritiesFor(role, { root, targets }, draftRoot);
}

function signatureFlaw(
  { role, draft, digest }: SigningRequest,
  { keyId, signature, digest: found }: SignatureFile,
  authorities: readonly Authority[],
  crypto: Crypto,
): WriterRefusal | undefined {
  if (found !== digest) return { code: "signature-of-other-draft", keyId, expected: digest, found };
  const key = keyOf(authorities, keyId);
  if (key === undefined) return { code: "signer-not-asked", role, keyId };
  const bytes = decodeHex(signature);
  const isValid = bytes !== undefined && key.usable?.verify(signedBytes(draft), bytes, crypto) === true;
  return isValid ? undefined : { code: "signature-invalid", role, keyId };
}
