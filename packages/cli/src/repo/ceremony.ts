import { readdirSync } from "node:fs";
import path from "node:path";
import type { Result } from "@sumac/cbor";
import { equalBytes } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  authoritiesOf,
  type CeremonyRefusal,
  type Combined,
  combine,
  holdRoot,
  maxRequestBytes,
  maxSignatureFileBytes,
  parseRequest,
  parseSignatureFile,
  type SignatureFile,
  type SigningRequest,
  sealFile,
  serializeRequest,
  serializeSignatureFile,
  signatureFileName,
  type WireMetadata,
} from "@sumac/tuf/writer";
import { makeFolder, writeFileAtomically } from "../atomic-file.ts";
import { readBoundedFile, readWhole } from "../bound-read.ts";
import { exitCode } from "../exit-code.ts";
import { Failure } from "../failure.ts";
import { fileState } from "../file-state.ts";
import type { Io } from "../io.ts";
import type { Repository } from "./repository.ts";
import { orTell, writingFailure } from "./writing-failure.ts";

/** One draft on its way to its signatures, as a folder: `ceremonies/2-root`. */
export interface Ceremony {
  /** `2-root`. */
  readonly name: string;
  /** As it is typed: below the repository. */
  readonly requestFile: string;
  readonly request: SigningRequest;
  readonly signatures: readonly SignatureFile[];
}

const folderOf = (repository: Repository, role: string, version: number): string =>
  path.join(repository.name, "ceremonies", `${version}-${role}`);

/** The ceremony for the next version of a role, if one is under way. */
export async function openCeremony(repository: Repository, role: string): Promise<Ceremony | undefined> {
  return ceremonyAt(repository, role, repository.version(role) + 1);
}

/** Every ceremony that is not done, in the order of the roles in which they have to be. */
export async function openCeremonies(repository: Repository): Promise<readonly Ceremony[]> {
  const found: Ceremony[] = [];
  for (const name of namesIn(repository)) {
    const [, version, role = ""] = /^(\d{1,15})-([a-z][a-z0-9-]*)$/.exec(name) ?? [];
    if (Number(version) !== repository.version(role) + 1) continue;
    const ceremony = await ceremonyAt(repository, role, Number(version));
    if (ceremony !== undefined) found.push(ceremony);
  }
  const rank = (role: string): number => ["root", "targets"].indexOf(role) >>> 0;
  return found.sort((a, b) => rank(a.request.role) - rank(b.request.role) || (a.name < b.name ? -1 : 1));
}

function namesIn({ folder }: Repository): readonly string[] {
  try {
    return readdirSync(path.join(folder, "ceremonies"));
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw fault;
  }
}

async function ceremonyAt(repository: Repository, role: string, version: number): Promise<Ceremony | undefined> {
  const { io } = repository;
  const folder = folderOf(repository, role, version);
  const requestFile = path.join(folder, "request.json");
  if (fileState(io, requestFile) !== "file") return undefined;
  const request = await readRequest(io, requestFile);
  if (request.role !== role || request.draft.version !== version) throw misplaced(requestFile, request);
  const signatures: SignatureFile[] = [];
  for (const name of readdirSync(path.resolve(io.workingFolder, folder)).sort()) {
    if (name.startsWith(".") || !name.endsWith(".signature.json")) continue;
    const signature = await readSignature(io, path.join(folder, name));
    // What is left of a draft that was prepared again.
    if (signature.digest === request.digest) signatures.push(signature);
  }
  return { name: `${version}-${role}`, requestFile, request, signatures };
}

/** Signed for another role or version, it would be written under the name that its folder says. */
const misplaced = (file: string, { role, draft }: SigningRequest): Failure =>
  new Failure({
    code: "request-misplaced",
    problem: `${file} is the request for ${role} version ${draft.version}, which belongs into another folder`,
    remedy: "remove the folder that it is in, and prepare the role again",
    exit: exitCode.refused,
  });

export async function readRequest(io: Io, name: string): Promise<SigningRequest> {
  return named(name, parseRequest(await readWhole(io, name, "a signing request", maxRequestBytes), nodeCrypto));
}

export async function readSignature(io: Io, name: string): Promise<SignatureFile> {
  return named(name, parseSignatureFile(await readWhole(io, name, "a signature", maxSignatureFileBytes)));
}

/** Of several files in a folder the person has to know which one. */
function named<T>(file: string, read: Result<T, CeremonyRefusal>): T {
  if (read.ok) return read.value;
  const { facts } = writingFailure(read.error);
  throw new Failure({ ...facts, problem: `${file}: ${facts.problem}` });
}

/**
 * Where a change of a role starts: from a draft that nobody has signed yet, so that several changes go into one version,
 * else from the newest file. `undefined`: the role has no file yet.
 */
export async function baseOf<W extends WireMetadata>(
  repository: Repository,
  role: string,
  newest: W | undefined,
): Promise<W | undefined> {
  const version = repository.version(role) + 1;
  const requestFile = path.join(folderOf(repository, role, version), "request.json");
  repository.startedFrom.set(role, draftBytes(repository, requestFile));
  const ceremony = await openCeremony(repository, role);
  if (ceremony === undefined) return newest;
  if (ceremony.signatures.length > 0) throw underWay(repository, ceremony);
  return { ...(ceremony.request.draft as W), version: repository.version(role) };
}

function underWay(repository: Repository, { name, signatures }: Ceremony): Failure {
  const who = signatures.map(({ keyId }) => repository.nameOf(keyId) ?? keyId.slice(0, 16)).join(", ");
  return new Failure({
    code: "ceremony-under-way",
    problem: `${name} is signed already by ${who}, and would be changed under their signatures`,
    remedy: `finish it with sumac repo combine, or remove ${path.join(repository.name, "ceremonies", name)} to give it up`,
    exit: exitCode.refused,
  });
}

/** Writes the request for a draft. The same draft again changes nothing; another one replaces it while nobody has signed. */
export async function beginCeremony(repository: Repository, role: string, draft: WireMetadata): Promise<Ceremony> {
  const { io } = repository;
  const before = await openCeremony(repository, role);
  if (before !== undefined && before.signatures.length > 0) throw underWay(repository, before);
  const context = { ...repository.inForce(), crypto: nodeCrypto };
  // Before the first root there is nobody to ask; the request of a first targets file names its keys from the draft root.
  const root = context.root ?? (role === "root" ? undefined : await draftRoot(repository));
  const authorities = orTell(authoritiesOf({ role, draft }, { ...context, root }));
  const previous = newestOf(repository, role);
  const people = repository.settings.people;
  const folder = folderOf(repository, role, draft.version);
  makeFolder(io, folder);
  const bytes = serializeRequest({ role, draft, previous, authorities, people }, nodeCrypto);
  const requestFile = path.join(folder, "request.json");
  refuseChangedDraft(repository, role, requestFile);
  writeFileAtomically(io, { name: requestFile, bytes, ifExists: "replace" });
  repository.startedFrom.delete(role);
  const begun = await ceremonyAt(repository, role, draft.version);
  if (begun === undefined) throw new Error("the request that was just written is not there");
  return begun;
}

/** Two changes that began from one draft: the later would take the earlier back without a word. */
function refuseChangedDraft(repository: Repository, role: string, requestFile: string): void {
  const from = repository.startedFrom.get(role);
  if (from === undefined || equalBytes(from, draftBytes(repository, requestFile))) return;
  throw new Failure({
    code: "draft-changed-meanwhile",
    problem: `somebody else has changed the draft of ${role} just now`,
    remedy: "run the command again: it goes on from the new draft",
    exit: exitCode.refused,
  });
}

/** Empty if there is no draft. Read at once, without waiting: nothing comes in between it and what is written next. */
const draftBytes = ({ io }: Repository, requestFile: string): Uint8Array =>
  fileState(io, requestFile) === "file" ? readBoundedFile(io, requestFile, maxRequestBytes).bytes : new Uint8Array();

async function draftRoot(repository: Repository): Promise<ReturnType<Repository["root"]>> {
  const ceremony = await openCeremony(repository, "root");
  if (ceremony === undefined) return undefined;
  const held = holdRoot(sealFile(ceremony.request.draft, new Map()), "draft", nodeCrypto);
  return held.ok ? held.value : undefined;
}

const newestOf = (repository: Repository, role: string): WireMetadata | undefined =>
  role === "root" ? repository.root()?.wire : repository.targets(role)?.wire;

/** Puts a signature into the folder of its ceremony; the same one again changes nothing. Answers its name. */
export function keepSignature(repository: Repository, ceremony: Ceremony, signature: SignatureFile): string {
  const name = path.join(path.dirname(ceremony.requestFile), signatureFileName(signature.keyId));
  writeFileAtomically(repository.io, { name, bytes: serializeSignatureFile(signature), ifExists: "replace" });
  return name;
}

/** How far a ceremony is, by what the repository says. */
export function progressOf(repository: Repository, { request, signatures }: Ceremony): Combined {
  const { now } = repository.context();
  const current = repository.version(request.role);
  return orTell(combine(request, signatures, { ...repository.inForce(), crypto: nodeCrypto, now, current }));
}
