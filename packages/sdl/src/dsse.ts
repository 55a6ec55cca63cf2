import { err, ok, type Result } from "@sumac/cbor";
import { bytesToHex, concatBytes } from "@sumac/crypto";
import { canonicalBytes, type JsonValue } from "./canonical-json.ts";

export const inTotoPayload = "application/vnd.in-toto+json";
/** Large results stay outside and are named by digest. */
export const maxEnvelopeBytes: number = 8 * 1024 * 1024;

/** A DSSE v1 envelope, opened but not believed: nothing in it is checked yet. */
export interface DsseEnvelope {
  readonly payloadType: string;
  /** The bytes that were signed, as received. */
  readonly payload: Uint8Array;
  readonly signatures: readonly { readonly keyid: string; readonly sig: Uint8Array }[];
}

/** What signs evidence: the signer of `@sumac/signing` fits. */
export interface EvidenceSigner {
  readonly keyId: Uint8Array;
  sign(toBeSigned: Uint8Array): Promise<Uint8Array>;
}

/** DSSE v1 pre-authentication encoding: what a signature covers. */
export function preAuthentication(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = new TextEncoder().encode(payloadType);
  const head = new TextEncoder().encode(`DSSEv1 ${type.length} `);
  const middle = new TextEncoder().encode(` ${payload.length} `);
  return concatBytes(head, type, middle, payload);
}

export async function sealEnvelope(
  value: JsonValue,
  signers: readonly EvidenceSigner[],
  payloadType: string = inTotoPayload,
): Promise<Uint8Array> {
  const payload = canonicalBytes(value);
  const signed = preAuthentication(payloadType, payload);
  const signatures = await Promise.all(
    signers.map(async (signer) => ({ keyid: bytesToHex(signer.keyId), sig: base64(await signer.sign(signed)) })),
  );
  signatures.sort((a, b) => (a.keyid < b.keyid ? -1 : 1));
  const envelope = canonicalBytes({ payload: base64(payload), payloadType, signatures });
  return concatBytes(envelope, new Uint8Array([0x0a]));
}

/** Adds signatures of others to an envelope, over the very bytes it carries. */
export async function addSignatures(envelope: DsseEnvelope, signers: readonly EvidenceSigner[]): Promise<Uint8Array> {
  const { payload, payloadType } = envelope;
  const signed = preAuthentication(payloadType, payload);
  const added = await Promise.all(
    signers.map(async (signer) => ({ keyid: bytesToHex(signer.keyId), sig: base64(await signer.sign(signed)) })),
  );
  const kept = envelope.signatures
    .map(({ keyid, sig }) => ({ keyid, sig: base64(sig) }))
    .filter(({ keyid }) => !added.some((other) => other.keyid === keyid));
  const signatures = [...kept, ...added].sort((a, b) => (a.keyid < b.keyid ? -1 : 1));
  return concatBytes(canonicalBytes({ payload: base64(payload), payloadType, signatures }), new Uint8Array([0x0a]));
}

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");

/** Padded base64 of RFC 4648 4 and nothing else: two spellings of one payload would have two digests. */
function fromBase64(text: unknown): Uint8Array | undefined {
  if (typeof text !== "string") return undefined;
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? new Uint8Array(bytes) : undefined;
}

export function openEnvelope(bytes: Uint8Array): Result<DsseEnvelope, { readonly flaw: string }> {
  if (bytes.length > maxEnvelopeBytes) return err({ flaw: `${bytes.length} bytes` });
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return err({ flaw: "not JSON" });
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return err({ flaw: "not an object" });
  const { payloadType, payload, signatures } = parsed as Readonly<Record<string, unknown>>;
  const content = fromBase64(payload);
  if (typeof payloadType !== "string") return err({ flaw: "payloadType is missing" });
  if (content === undefined) return err({ flaw: "payload is not base64" });
  if (!Array.isArray(signatures) || signatures.length > 16) return err({ flaw: "signatures is not a short list" });
  const read: { keyid: string; sig: Uint8Array }[] = [];
  for (const entry of signatures as readonly unknown[]) {
    const { keyid, sig } = (entry ?? {}) as Readonly<Record<string, unknown>>;
    const signature = fromBase64(sig);
    if (typeof keyid !== "string" || signature === undefined) return err({ flaw: "a signature is not keyid and sig" });
    read.push({ keyid, sig: signature });
  }
  return ok({ payloadType, payload: content, signatures: read });
}

/** The payload as JSON, if its bytes are canonical: duplicate members and other spellings are refused. */
export function canonicalPayload(
  envelope: DsseEnvelope,
): Result<JsonValue, { readonly flaw: "not JSON" | "not canonical" }> {
  let value: JsonValue;
  let again: Uint8Array;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(envelope.payload)) as JsonValue;
    again = canonicalBytes(value);
  } catch {
    return err({ flaw: "not JSON" });
  }
  const same =
    again.length === envelope.payload.length && again.every((byte, index) => byte === envelope.payload[index]);
  return same ? ok(value) : err({ flaw: "not canonical" });
}
