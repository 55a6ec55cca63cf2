import { err, ok, type Result } from "@sumac/cbor";
import {
  buildSign1,
  decodeBase64,
  encodeBase64,
  protectedHeaderFor,
  serializeSign1,
  toBeSigned,
  verifySign1,
} from "@sumac/cose";
import { bytesToHex, equalBytes } from "@sumac/crypto";
import { addAuthenticationBlock, defaultLimits, parseEnvelope } from "@sumac/suit";
import type { SignRefusal } from "./sign-envelope.ts";
import type { Signer } from "./signer.ts";
import type { AskedKey, AskedRole, RequestContext, SigningRequest } from "./signing-request.ts";
import { isText, readSplitFile } from "./split-file.ts";
import type { SplitRefusal } from "./split-refusal.ts";

export const signatureFileVersion = 1;
export const maxSignatureFileBytes: number = 16 * 1024;

/** A signature file as somebody sent it; `name` is for messages. */
export interface CarriedSignature {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Signs what the request asks for, and answers with the signature file. Only a key that is asked may sign. */
export async function signRequest(
  request: SigningRequest,
  signer: Signer,
  { crypto }: RequestContext,
): Promise<Result<Uint8Array, SplitRefusal | SignRefusal>> {
  const key = keysOf(request).get(bytesToHex(signer.keyId));
  if (key === undefined) return err({ code: "signer-not-asked", keyId: signer.keyId });
  if (hasSigned(request, key, { crypto })) return err({ code: "signature-twice", keyId: signer.keyId });
  const message = messageFor(request, key);
  const signature = new Uint8Array(await signer.sign(new Uint8Array(message)));
  // With the key of the request, not the signer's own word for it.
  if (!crypto.verify(key.publicKey, message, signature)) {
    return err({ code: "signer-faulty", fault: "signature", keyId: signer.keyId });
  }
  const members = {
    sumac: "envelope-signature",
    version: signatureFileVersion,
    request: bytesToHex(request.id),
    manifestDigest: digestText(request),
    keyId: bytesToHex(key.keyId),
    algorithm: key.algorithm.name,
    signature: encodeBase64(signature),
  };
  return ok(new TextEncoder().encode(`${JSON.stringify(members, null, 2)}\n`));
}

/** How far a role is. A threshold counts keys. */
export interface RoleStatus {
  readonly name: string;
  readonly have: number;
  readonly need: number;
  readonly keys: readonly KeyStatus[];
}

export interface KeyStatus extends AskedKey {
  /** In the envelope already, in a file that was given, or not yet. */
  readonly signed: "in-envelope" | "in-file" | "no";
}

/** A signature file that is what it says, for this request. */
export interface CheckedSignature {
  readonly name: string;
  readonly key: AskedKey;
  readonly signature: Uint8Array;
}

/** Checks each file: for this request, by a key that is asked, once, and good. Nothing is taken from a bad one. */
export function checkSignatures(
  request: SigningRequest,
  files: readonly CarriedSignature[],
  context: RequestContext,
): Result<readonly CheckedSignature[], SplitRefusal> {
  const checked: CheckedSignature[] = [];
  for (const file of files) {
    const one = checkSignature(request, file, context);
    if (!one.ok) return one;
    const { keyId } = one.value.key;
    const isRepeated = checked.some(({ key }) => equalBytes(key.keyId, keyId));
    if (isRepeated || hasSigned(request, one.value.key, context)) {
      return err({ code: "signature-twice", file: file.name, keyId });
    }
    checked.push(one.value);
  }
  return ok(checked);
}

function checkSignature(
  request: SigningRequest,
  { name: file, bytes }: CarriedSignature,
  { crypto }: RequestContext,
): Result<CheckedSignature, SplitRefusal> {
  const read = readSplitFile(bytes, "envelope-signature", file);
  if (!read.ok) return read;
  const malformed = (field: string): Result<never, SplitRefusal> =>
    err({ code: "split-file-malformed", wanted: "envelope-signature", field, file });
  const { version, request: named, manifestDigest, keyId, algorithm, signature } = read.value;
  if (version !== signatureFileVersion) return malformed("version");
  if (!isText(named) || !/^[0-9a-f]{64}$/.test(named)) return malformed("request");
  if (!isText(manifestDigest)) return malformed("manifestDigest");
  if (!isText(keyId) || !/^[0-9a-f]{64}$/.test(keyId)) return malformed("keyId");
  const bytesOf = isText(signature) ? decodeBase64(signature) : undefined;
  if (bytesOf === undefined) return malformed("signature");
  if (Object.keys(read.value).length !== 7) return malformed("an unknown member");
  if (named !== bytesToHex(request.id)) {
    const sameRelease = manifestDigest === digestText(request) ? "yes" : "no";
    return err({ code: "signature-other-request", file, sameRelease });
  }
  const key = keysOf(request).get(keyId);
  if (key === undefined) {
    const id = Uint8Array.from(keyId.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
    return err({ code: "signature-by-stranger", file, keyId: id });
  }
  if (algorithm !== key.algorithm.name) return malformed("algorithm");
  if (manifestDigest !== digestText(request)) return malformed("manifestDigest");
  if (!crypto.verify(key.publicKey, messageFor(request, key), bytesOf)) {
    return err({ code: "signature-unverified", file, keyId: key.keyId });
  }
  return ok({ name: file, key, signature: bytesOf });
}

/** Who has signed and who still must, with the files that were checked. */
export function signingStatus(
  request: SigningRequest,
  checked: readonly CheckedSignature[],
  context: RequestContext,
): readonly RoleStatus[] {
  const stateOf = (key: AskedKey): KeyStatus["signed"] => {
    if (hasSigned(request, key, context)) return "in-envelope";
    return checked.some((one) => equalBytes(one.key.keyId, key.keyId)) ? "in-file" : "no";
  };
  return request.roles.map(({ name, threshold, keys }: AskedRole) => {
    const states = keys.map((key) => ({ ...key, signed: stateOf(key) }));
    return { name, need: threshold, have: states.filter(({ signed }) => signed !== "no").length, keys: states };
  });
}

/**
 * The envelope with all signatures, in the order of the request's keys whatever the order of the files: the bytes that
 * signing directly in that order gives. Refused while a role lacks signatures.
 */
export function combineSignatures(
  request: SigningRequest,
  files: readonly CarriedSignature[],
  context: RequestContext,
): Result<Uint8Array, SplitRefusal> {
  const checked = checkSignatures(request, files, context);
  if (!checked.ok) return checked;
  for (const { name, have, need, keys } of signingStatus(request, checked.value, context)) {
    if (have >= need) continue;
    const keyIds = keys.filter(({ signed }) => signed === "no").map(({ keyId }) => keyId);
    return err({ code: "signatures-missing", role: name, have, need, keyIds });
  }
  const { limits = defaultLimits } = context;
  let bytes = request.release.envelope.encoded;
  for (const { keyId, algorithm } of keysOf(request).values()) {
    const found = checked.value.find(({ key }) => equalBytes(key.keyId, keyId));
    if (found === undefined) continue;
    const envelope = parseEnvelope(bytes, limits);
    if (!envelope.ok) return envelope;
    bytes = addAuthenticationBlock(
      envelope.value,
      serializeSign1(buildSign1({ algorithm, keyId, signature: found.signature })),
    );
  }
  return bytes.length > limits.maxBytes
    ? err({ code: "envelope-too-large", size: bytes.length, limit: limits.maxBytes })
    : ok(bytes);
}

/** By key id as hex, each key once, in the order of the request. */
const keysOf = ({ roles }: SigningRequest): ReadonlyMap<string, AskedKey> =>
  new Map(roles.flatMap(({ keys }) => keys).map((key) => [bytesToHex(key.keyId), key]));

const messageFor = ({ release }: SigningRequest, key: AskedKey): Uint8Array =>
  toBeSigned(protectedHeaderFor(key), release.envelope.digestElement);

const digestText = ({ release: { envelope } }: SigningRequest): string =>
  `${envelope.digest.algorithm} ${bytesToHex(envelope.digest.bytes)}`;

/** Whether the envelope that is to be signed bears a good signature by the key already. */
function hasSigned({ release: { envelope } }: SigningRequest, key: AskedKey, { crypto }: RequestContext): boolean {
  return envelope.blocks.some(
    (block) =>
      block.kind === "sign1" &&
      block.sign1.algorithm === key.algorithm.id &&
      (block.sign1.keyId === undefined || equalBytes(block.sign1.keyId, key.keyId)) &&
      verifySign1(block.sign1, key.publicKey, envelope.digestElement, crypto),
  );
}
