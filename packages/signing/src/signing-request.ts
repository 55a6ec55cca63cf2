import { err, ok, type Result } from "@sumac/cbor";
import {
  type Algorithm,
  algorithmForScheme,
  decodeBase64,
  encodeBase64,
  keyId,
  parsePublicKeyPem,
  protectedHeaderFor,
  publicKeyPem,
  toBeSigned,
} from "@sumac/cose";
import { bytesToHex, type Crypto, type PublicKey } from "@sumac/crypto";
import { defaultLimits, type Limits, parseEnvelope } from "@sumac/suit";
import { type ConsistentEnvelope, checkConsistency } from "./envelope-consistency.ts";
import { type ReleaseSummary, summarizeRelease, summaryLines } from "./release-summary.ts";
import { isText, readSplitFile } from "./split-file.ts";
import type { RolesFlaw, SplitRefusal } from "./split-refusal.ts";

export const signingRequestVersion = 1;
/** Bytes: an envelope at its limit in base64, its bytes to sign, and a role of many large keys. */
export const maxSigningRequestBytes: number = 512 * 1024;

/** A key that is asked for its signature. */
export interface RequestedKey {
  readonly publicKey: PublicKey;
  /** Who holds it, for people; 1 to 64 letters, digits and `. _ @ -`. Nothing relies on it. */
  readonly holder?: string;
}

export interface RequestedRole {
  /** 1 to 64 letters, digits, spaces and `. _ / ( ) -`. */
  readonly name: string;
  readonly threshold: number;
  readonly keys: readonly RequestedKey[];
}

export interface AskedKey extends RequestedKey {
  readonly keyId: Uint8Array;
  readonly algorithm: Algorithm;
}

export interface AskedRole {
  readonly name: string;
  readonly threshold: number;
  readonly keys: readonly AskedKey[];
}

/** A request that is what its envelope and roles make it. */
export interface SigningRequest {
  /** SHA-256 of the request as it is written here, whatever line breaks the received file had; signatures name it. */
  readonly id: Uint8Array;
  readonly file: Uint8Array;
  readonly release: ConsistentEnvelope;
  readonly summary: ReleaseSummary;
  readonly roles: readonly AskedRole[];
}

export interface RequestContext {
  readonly crypto: Crypto;
  readonly limits?: Limits;
}

const textEncoder = new TextEncoder();
const mostKeys = 64;

/** What `prepare` writes: the envelope, the bytes that each algorithm signs, who is asked, and all of it in words. */
export function prepareSigning(
  envelope: Uint8Array,
  roles: readonly RequestedRole[],
  { crypto, limits = defaultLimits }: RequestContext,
): Result<SigningRequest, SplitRefusal> {
  const parsed = parseEnvelope(envelope, limits);
  if (!parsed.ok) return parsed;
  const release = checkConsistency(parsed.value, crypto, limits);
  if (!release.ok) return release;
  const flaw = findRolesFlaw(roles, crypto);
  if (flaw !== undefined) return err({ code: "request-roles-invalid", ...flaw });
  const asked = roles.map(({ name, threshold, keys }) => ({
    name,
    threshold,
    keys: keys.map((key) => ({
      ...key,
      keyId: keyId(key.publicKey, crypto),
      algorithm: algorithmForScheme(key.publicKey.scheme),
    })),
  }));
  const summary = summarizeRelease(release.value);
  const members = requestMembers(release.value, summary, asked);
  const file = textEncoder.encode(`${JSON.stringify(members, null, 2)}\n`);
  const digest = crypto.startDigest("sha-256");
  digest.update(file);
  return ok({ id: digest.digest(), file, release: release.value, summary, roles: asked });
}

type Members = ReturnType<typeof requestMembers>;

function requestMembers({ envelope }: ConsistentEnvelope, summary: ReleaseSummary, roles: readonly AskedRole[]) {
  const keys = roles.flatMap((role) => role.keys);
  // One for each algorithm: the protected header names it, and the key id stands outside of what is signed.
  const byAlgorithm = new Map(keys.map((key) => [key.algorithm.id, key]));
  return {
    sumac: "signing-request",
    version: signingRequestVersion,
    summary: [...summaryLines(summary), ...roles.flatMap(roleLines)],
    manifestDigest: `${envelope.digest.algorithm} ${bytesToHex(envelope.digest.bytes)}`,
    toSign: [...byAlgorithm.values()].map((key) => ({
      algorithm: key.algorithm.name,
      bytes: encodeBase64(toBeSigned(protectedHeaderFor(key), envelope.digestElement)),
    })),
    roles: roles.map(({ name, threshold, keys: members }) => ({
      name,
      threshold,
      keys: members.map((key) => ({
        keyId: bytesToHex(key.keyId),
        ...(key.holder === undefined ? {} : { holder: key.holder }),
        algorithm: key.algorithm.name,
        publicKey: publicKeyPem(key.publicKey),
      })),
    })),
    envelope: encodeBase64(envelope.encoded),
  };
}

const roleLines = ({ name, threshold, keys }: AskedRole): readonly string[] => [
  `role       ${name}: ${threshold} of ${keys.length}`,
  ...keys.map(
    ({ keyId: id, algorithm, holder }) =>
      `key        ${bytesToHex(id)} (${algorithm.name})${holder === undefined ? "" : ` of ${holder}`}`,
  ),
];

function findRolesFlaw(
  roles: readonly RequestedRole[],
  crypto: Crypto,
): { readonly reason: RolesFlaw; readonly role: string } | undefined {
  if (roles.length === 0) return { reason: "no-role", role: "" };
  const names = new Set<string>();
  let count = 0;
  for (const { name, threshold, keys } of roles) {
    const flaw = (reason: RolesFlaw) => ({ reason, role: isText(name) ? name : "" });
    if (!/^[A-Za-z0-9 ._/()-]{1,64}$/.test(name)) return { reason: "name", role: "" };
    if (names.has(name)) return flaw("role-twice");
    names.add(name);
    if (keys.length === 0) return flaw("no-key");
    count += keys.length;
    if (count > mostKeys) return flaw("too-many");
    if (!Number.isSafeInteger(threshold) || threshold < 1 || threshold > keys.length) return flaw("threshold");
    if (keys.some(({ holder }) => holder !== undefined && !/^[A-Za-z0-9._@-]{1,64}$/.test(holder))) return flaw("name");
    const ids = keys.map(({ publicKey }) => bytesToHex(keyId(publicKey, crypto)));
    if (new Set(ids).size < ids.length) return flaw("key-twice");
  }
  return undefined;
}

/**
 * Reads a request that somebody carried here. Everything but the envelope and the roles can be worked out from these,
 * and has to be what stands there: nobody is shown one release and signs another.
 */
export function parseSigningRequest(
  bytes: Uint8Array,
  context: RequestContext,
  file = "the signing request",
): Result<SigningRequest, SplitRefusal> {
  const read = readSplitFile(bytes, "signing-request", file);
  if (!read.ok) return read;
  const malformed = (field: string): Result<never, SplitRefusal> =>
    err({ code: "split-file-malformed", wanted: "signing-request", field, file });
  const { version, envelope, roles } = read.value;
  if (version !== signingRequestVersion) return malformed("version");
  const envelopeBytes = isText(envelope) ? decodeBase64(envelope) : undefined;
  if (envelopeBytes === undefined) return malformed("envelope");
  const requested = parseRoles(roles);
  if (requested === undefined) return malformed("roles");
  const request = prepareSigning(envelopeBytes, requested, context);
  if (!request.ok) return request;
  const member = findAltered(
    read.value,
    requestMembers(request.value.release, request.value.summary, request.value.roles),
  );
  return member === undefined ? request : err({ code: "request-altered", member });
}

function findAltered(received: Readonly<Record<string, unknown>>, expected: Members): string | undefined {
  const wanted: Readonly<Record<string, unknown>> = expected;
  const names = new Set([...Object.keys(wanted), ...Object.keys(received)]);
  const written = (from: Readonly<Record<string, unknown>>, name: string): string | undefined =>
    Object.hasOwn(from, name) ? JSON.stringify(from[name]) : undefined;
  return [...names].find((name) => written(received, name) !== written(wanted, name));
}

function parseRoles(value: unknown): RequestedRole[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const roles: RequestedRole[] = [];
  for (const role of value as readonly unknown[]) {
    if (!isRecord(role) || !isText(role["name"]) || typeof role["threshold"] !== "number") return undefined;
    const keys = Array.isArray(role["keys"]) ? (role["keys"] as readonly unknown[]).map(parseKey) : [undefined];
    if (!keys.every((key) => key !== undefined)) return undefined;
    roles.push({ name: role["name"], threshold: role["threshold"], keys });
  }
  return roles;
}

function parseKey(value: unknown): RequestedKey | undefined {
  if (!isRecord(value)) return undefined;
  const { publicKey, holder } = value;
  const parsed = isText(publicKey) ? parsePublicKeyPem(publicKey) : undefined;
  if (parsed?.ok !== true || !(holder === undefined || isText(holder))) return undefined;
  return { publicKey: parsed.value, ...(holder === undefined ? {} : { holder }) };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
