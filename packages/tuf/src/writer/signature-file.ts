import { attempt, err, ok, type Result } from "@sumac/cbor";
import { bytesToHex } from "@sumac/crypto";
import { asObject, needInteger, needString } from "../json-fields.ts";
import type { JsonMalformed } from "../json-refusal.ts";
import { parseStrictJson } from "../strict-json.ts";
import { jsonFile, type MetadataSigner, sealFile, signWire } from "./seal-file.ts";
import { draftTimeFlaw, type SigningRequest } from "./signing-request.ts";
import type { CeremonyRefusal } from "./writer-refusal.ts";

/** What comes back from a key holder. */
export interface SignatureFile {
  readonly role: string;
  readonly version: number;
  /** Of the draft that was signed. */
  readonly digest: string;
  readonly keyId: string;
  /** Hex, as metadata carries it. */
  readonly signature: string;
}

export const maxSignatureFileBytes = 65_536;

const format = "sumac-signature-1";

/** Its name in a ceremony's folder. */
export const signatureFileName = (keyId: string): string => `${keyId.slice(0, 8)}.signature.json`;

export interface SignOptions {
  /** Seconds since 1970, of the signer's own machine. */
  readonly now: bigint;
}

/** Signs a request that a person has read. Refuses a key that nobody asked, and a draft that the clock speaks against. */
export async function signRequest(
  request: SigningRequest,
  signer: MetadataSigner,
  { now }: SignOptions,
): Promise<Result<SignatureFile, CeremonyRefusal>> {
  const keyId = bytesToHex(signer.keyId);
  const { role, draft, digest } = request;
  if (!request.needs.some(({ keyIds }) => keyIds.includes(keyId)))
    return err({ code: "signer-not-asked", role, keyId });
  const flaw = draftTimeFlaw(request, now);
  if (flaw !== undefined) return err(flaw);
  const signature = await signWire(draft, signer);
  return ok({ role, version: draft.version, digest, keyId, signature });
}

export const serializeSignatureFile = ({ role, version, digest, keyId, signature }: SignatureFile): Uint8Array =>
  jsonFile({ digest, format, keyid: keyId, role, sig: signature, version });

export function parseSignatureFile(bytes: Uint8Array): Result<SignatureFile, CeremonyRefusal> {
  const json = parseStrictJson(bytes);
  if (!json.ok) return err({ code: "not-a-signature-file", reason: json.error.reason });
  const read = attempt<SignatureFile & { format: string }, JsonMalformed>(() => {
    const outer = asObject(json.value, "");
    return {
      format: needString(outer, "format", ""),
      role: needString(outer, "role", ""),
      version: needInteger(outer, "version", "", 1),
      digest: needString(outer, "digest", ""),
      keyId: needString(outer, "keyid", ""),
      signature: needString(outer, "sig", ""),
    };
  });
  if (!read.ok) return err({ code: "not-a-signature-file", reason: `${read.error.field} ${read.error.reason}` });
  const { format: found, ...file } = read.value;
  if (found !== format) return err({ code: "not-a-signature-file", reason: `format ${found.slice(0, 40)}` });
  return ok(file);
}

/** For the signatures of an online role, which no person carries. */
export async function sealWith(
  wire: Parameters<typeof sealFile>[0],
  signers: readonly MetadataSigner[],
): Promise<Uint8Array> {
  const signatures = new Map<string, string>();
  for (const signer of signers) signatures.set(bytesToHex(signer.keyId), await signWire(wire, signer));
  return sealFile(wire, signatures);
}
