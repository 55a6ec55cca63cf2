import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  type CarriedSignature,
  type CheckedSignature,
  checkSignatures,
  type KeyStatus,
  maxSignatureFileBytes,
  maxSigningRequestBytes,
  parseSigningRequest,
  type RequestContext,
  type RoleStatus,
  type SigningRequest,
  signingStatus,
  summaryLines,
} from "@sumac/signing";
import { defaultLimits } from "@sumac/suit";
import { type BoundRead, readBounded, readWhole } from "./bound-read.ts";
import type { Arguments, Option } from "./command.ts";
import { encryptionLimits } from "./encrypted-payload.ts";
import { malformedInput } from "./failure.ts";
import type { Io } from "./io.ts";
import type { Jsonable } from "./json-output.ts";
import { orFail } from "./signing-failure.ts";
import type { Terminal } from "./terminal.ts";

export const encryptedOption: Option = {
  name: "encrypted",
  summary: "the payload may be encrypted (made with `release build --encrypt-for`)",
};

export const signatureOption: Option = {
  name: "signature",
  value: "file",
  use: "repeatable",
  summary: "signature file that somebody sent",
};

export const requestContext = (given: Arguments): RequestContext => ({
  crypto: nodeCrypto,
  limits: given.flag("encrypted") === "given" ? encryptionLimits : defaultLimits,
});

/** Reads an envelope or a signing request, whichever it is: both can be signed. */
export const readSignable = (io: Io, name: string): Promise<BoundRead> => readBounded(io, name, maxSigningRequestBytes);

/** JSON is no envelope: the first byte decides (tag 107 of an envelope is 0xd8). */
export const looksLikeRequest = ({ bytes }: BoundRead): boolean =>
  /^\s*\{/.test(new TextDecoder("latin1").decode(bytes.subarray(0, 64)));

export function asSigningRequest({ bytes, size }: BoundRead, name: string, context: RequestContext): SigningRequest {
  if (size > maxSigningRequestBytes) {
    throw malformedInput(
      "file-too-large",
      `${name} has ${size} bytes, a signing request has at most ${maxSigningRequestBytes}`,
      "give the file that `sumac release prepare` wrote",
    );
  }
  return orFail(parseSigningRequest(bytes, context, name));
}

/** The signature files of the line, each checked against the request. */
export async function readSignatures(io: Io, names: readonly string[]): Promise<readonly CarriedSignature[]> {
  const files: CarriedSignature[] = [];
  for (const name of names)
    files.push({ name, bytes: await readWhole(io, name, "a signature file", maxSignatureFileBytes) });
  return files;
}

export const checkedSignatures = (
  request: SigningRequest,
  files: readonly CarriedSignature[],
  context: RequestContext,
): readonly CheckedSignature[] => orFail(checkSignatures(request, files, context));

export interface ShownRequest {
  readonly request: SigningRequest;
  readonly roles: readonly RoleStatus[];
}

export const shownRequest = (
  request: SigningRequest,
  checked: readonly CheckedSignature[],
  context: RequestContext,
): ShownRequest => ({ request, roles: signingStatus(request, checked, context) });

/** What is to be signed, then who has signed and who still must. */
export function showRequest({ request, roles }: ShownRequest, terminal: Terminal): void {
  for (const line of summaryLines(request.summary)) terminal.line(`  ${line}`);
  showRoles(roles, terminal);
}

export function showRoles(roles: readonly RoleStatus[], terminal: Terminal): void {
  for (const { name, have, need, keys } of roles) {
    const missing = need - have;
    const state = missing <= 0 ? "complete" : `${missing} more of those that have not signed`;
    terminal.line(`role ${name}: ${have} of ${need} signatures, ${state}`, missing <= 0 ? "green" : "yellow");
    for (const key of keys) terminal.line(`  ${signedWords[key.signed]}  ${keyWords(key)}`);
  }
}

const signedWords: Readonly<Record<KeyStatus["signed"], string>> = {
  "in-envelope": "signed    ",
  "in-file": "signed    ",
  no: "not signed",
};

const keyWords = ({ keyId, algorithm, holder }: KeyStatus): string =>
  `${bytesToHex(keyId)} (${algorithm.name})${holder === undefined ? "" : ` ${holder}`}`;

export const requestJson = ({ request: { id, summary }, roles }: ShownRequest): Readonly<Record<string, Jsonable>> => ({
  requestId: id,
  release: {
    ...summary,
    images: summary.images.map(({ digest, size }) => ({ algorithm: digest.algorithm, digest: digest.bytes, size })),
    manifestDigest: summary.manifestDigest.bytes,
  },
  roles: roles.map(({ name, have, need, keys }) => ({
    name,
    have,
    need,
    complete: have >= need,
    keys: keys.map(({ keyId, algorithm, holder, signed }) => ({ keyId, algorithm: algorithm.name, holder, signed })),
  })),
  complete: roles.every(({ have, need }) => have >= need),
});

/** `dir/rtu-1.1.0` of `dir/rtu-1.1.0.request.json`: what is made from a request lies beside it. */
export const requestStem = (name: string): string => name.replace(/(\.request)?\.json$/, "");
