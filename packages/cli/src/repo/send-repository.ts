import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { delegationsOf, type HeldTargets, targetFilePath } from "@sumac/tuf/writer";
import { readMetadata, readTargetFile } from "@sumac/tuf/writer/node";
import { exitCode } from "../exit-code.ts";
import { Failure } from "../failure.ts";
import { oneChunk } from "../file-chunks.ts";
import { answerFailure, askServer, serverUrl, unexpectedAnswer } from "../server-request.ts";
import type { Repository } from "./repository.ts";
import { writingFailure } from "./writing-failure.ts";

export interface SentRepository {
  readonly outcome: "published" | "already-published";
  /** Envelopes that the server did not have. */
  readonly envelopes: number;
  /** What the server has written. */
  readonly files: readonly string[];
}

/** Where the signed lists of a repository name this envelope. Throws `Failure` if none does. */
export function listedPath(repository: Repository, envelope: Uint8Array, name: string): string {
  const digest = nodeCrypto.startDigest("sha-256");
  digest.update(envelope);
  const sha256 = bytesToHex(digest.digest());
  for (const { name: role } of delegationsOf(repository.needTargets().wire).roles) {
    const targets = Object.entries(repository.targets(role)?.wire.targets ?? {});
    const found = targets.find(([, target]) => target.hashes.sha256 === sha256);
    if (found !== undefined) return found[0];
  }
  throw new Failure({
    code: "release-not-listed",
    problem: `no product line of ${repository.name} lists ${name} in a file that enough people have signed`,
    remedy: `list it with sumac repo release add ${repository.name} ${name} --line NAME, and have the list signed and combined`,
    exit: exitCode.refused,
  });
}

/**
 * Brings a server to the state of the folder: envelopes first, which nobody asks for until a role lists them, then all
 * role files at once. What the server has is not sent again; whoever was interrupted repeats it.
 */
export async function sendRepository(repository: Repository, server: URL, token: string): Promise<SentRepository> {
  const known = await askVersions(server, token);
  const targets = repository.needTargets();
  refuseOutdated(repository, known);
  const lines: [string, HeldTargets][] = [];
  for (const { name } of delegationsOf(targets.wire).roles) {
    const held = repository.version(name) > (known.get(name) ?? 0) ? repository.targets(name) : undefined;
    if (held !== undefined) lines.push([name, held]);
  }
  let envelopes = 0;
  for (const [role, held] of lines) {
    envelopes += await sendEnvelopes(repository, { held, before: known.get(role) ?? 0, role }, server, token);
  }
  const roots = [];
  for (let version = (known.get("root") ?? 0) + 1; version <= repository.version("root"); version++) {
    const bytes = readMetadata(repository.folder, "root", version);
    if (bytes === undefined) throw writingFailure({ code: "role-not-written", role: "root" });
    roots.push(base64(bytes));
  }
  const isNew = targets.metadata.version > (known.get("targets") ?? 0);
  const group = {
    roots,
    ...(isNew ? { targets: base64(targets.file.received) } : {}),
    roles: lines.map(([role, held]) => ({ role, file: base64(held.file.received) })),
  };
  return { ...(await postGroup(group, server, token)), envelopes };
}

async function askVersions(server: URL, token: string): Promise<ReadonlyMap<string, number>> {
  const url = serverUrl(server, "api/v1/repository");
  const answer = await askServer({ method: "GET", url, token });
  if (answer.status === 404) {
    throw new Failure({
      code: "server-without-repository",
      problem: `${server.host} publishes no signed repository`,
      remedy: "start it with --snapshot-key and --timestamp-key",
      exit: exitCode.refused,
    });
  }
  if (answer.status !== 200) throw await answerFailure(answer, url);
  const { roles } = (answer.body ?? {}) as { readonly roles?: unknown };
  if (typeof roles !== "object" || roles === null) throw unexpectedAnswer(answer.status, url);
  return new Map(
    Object.entries(roles as Readonly<Record<string, unknown>>).map(([role, facts]) => {
      const { version } = (facts ?? {}) as { readonly version?: unknown };
      if (typeof version !== "number") throw unexpectedAnswer(answer.status, url);
      return [role, version];
    }),
  );
}

/** A folder that somebody has not kept up to date must not look like one with nothing new in it. */
function refuseOutdated(repository: Repository, known: ReadonlyMap<string, number>): void {
  for (const [role, version] of known) {
    if (role === "snapshot" || role === "timestamp" || repository.version(role) >= version) continue;
    throw new Failure({
      code: "repository-outdated",
      problem: `${repository.name} has version ${repository.version(role)} of ${role}, the server has published version ${version}`,
      remedy: "fetch the newer files from whoever published them before you go on",
      exit: exitCode.refused,
    });
  }
}

interface SentRole {
  readonly role: string;
  readonly held: HeldTargets;
  /** The version that the server has. */
  readonly before: number;
}

async function sendEnvelopes(
  repository: Repository,
  { held, before, role }: SentRole,
  server: URL,
  token: string,
): Promise<number> {
  const published = before === 0 ? undefined : readMetadata(repository.folder, role, before);
  const text = published === undefined ? "" : new TextDecoder().decode(published);
  let sent = 0;
  for (const [path, target] of Object.entries(held.wire.targets)) {
    // The role that the server has names the digest, so it has the file.
    if (text.includes(target.hashes.sha256)) continue;
    const name = targetFilePath(path, target);
    const bytes = readTargetFile(repository.folder, name);
    if (bytes === undefined) throw writingFailure({ code: "target-file-missing", path });
    const url = serverUrl(server, `api/v1/repository/targets/${name}`);
    const body = { type: "application/octet-stream", length: bytes.length, chunks: oneChunk(bytes) };
    const answer = await askServer({ method: "PUT", url, token, body });
    if (answer.status !== 200 && answer.status !== 201) throw await answerFailure(answer, url);
    if (answer.status === 201) sent++;
  }
  return sent;
}

async function postGroup(group: unknown, server: URL, token: string): Promise<Omit<SentRepository, "envelopes">> {
  const url = serverUrl(server, "api/v1/repository/metadata");
  const bytes = new TextEncoder().encode(JSON.stringify(group));
  const body = { type: "application/json", length: bytes.length, chunks: oneChunk(bytes) };
  const answer = await askServer({ method: "POST", url, token, body });
  if (answer.status !== 200 && answer.status !== 201) throw await answerFailure(answer, url);
  const { outcome, files } = (answer.body ?? {}) as { readonly outcome?: unknown; readonly files?: unknown };
  if ((outcome !== "published" && outcome !== "already-published") || !Array.isArray(files)) {
    throw unexpectedAnswer(answer.status, url);
  }
  return { outcome, files: files.map(String) };
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
