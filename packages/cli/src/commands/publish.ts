import path from "node:path";
import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import type { ReleaseView } from "@sumac/server";
import { parseEnvelope, type SuitDigest } from "@sumac/suit";
import type { Arguments, Command, CommandContext, Option } from "../command.ts";
import { readEnvelopeFile } from "../envelope-file.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { Failure } from "../failure.ts";
import { fileChunks, oneChunk } from "../file-chunks.ts";
import { fileSize } from "../file-state.ts";
import type { Io } from "../io.ts";
import { jsonInteger } from "../json-output.ts";
import { readManifestPayloads } from "../manifest-payloads.ts";
import { parseServerUrl } from "../option-values.ts";
import { matchPayloads } from "../payload-argument.ts";
import { findPayloadBeside } from "../payload-beside.ts";
import { Repository } from "../repo/repository.ts";
import { listedPath, type SentRepository, sendRepository } from "../repo/send-repository.ts";
import { gateReportFile } from "../sdl/gate-report-file.ts";
import type { ReleasePaper } from "../sdl/release-papers.ts";
import type { SentPaper } from "../sdl/send-papers.ts";
import { answerFailure, askServer, serverUrl, unexpectedAnswer } from "../server-request.ts";
import { humanSize, type Terminal } from "../terminal.ts";
import { readToken } from "../token-file.ts";

export const publishOptions: readonly Option[] = [
  { name: "server", value: "url", use: "required", summary: "address of the server" },
  { name: "token-file", value: "file", use: "required", summary: "file that holds a publish token" },
  { name: "repo", value: "folder", summary: "signed repository that lists the envelope; sent before the release" },
  { name: "payload", value: "uri=file", use: "repeatable", summary: "file for this URI of the manifest" },
  {
    name: "gate-report",
    value: "file",
    summary: "signed gate report that goes with it (default: ENVELOPE.gate.dsse.json, if it is there)",
  },
  { name: "dossier", value: "folder", summary: "customer edition of the dossier that goes with it" },
];

export const publish: Command = {
  name: "publish",
  summary: "upload an envelope and its payloads to a server",
  operands: [{ name: "envelope", summary: "the signed envelope (.suit)" }],
  options: publishOptions,
  notes: [
    "Payloads without --payload are looked for beside the envelope, under the last part of their URI or as sha256-DIGEST.bin.",
    "Gate report and dossier must be signed and of the images of this envelope; the server hands them out as they are.",
    "Run it again after a failure: what the server has is not sent twice, and a published release is left as it is.",
  ],
  run,
};

interface Payload {
  readonly uri: string;
  readonly file: string;
  readonly sha256: string;
  readonly size: number;
}

/** What was done, and what the server said of it. */
export interface PublishedEnvelope {
  readonly outcome: "published" | "already-published";
  readonly server: string;
  readonly release: {
    readonly id: number;
    readonly name: string;
    readonly version: string;
    readonly sequence: number | string;
    readonly manifestDigest: string;
  };
  readonly payloads: readonly {
    readonly uri: string;
    readonly sha256: string;
    readonly upload: "uploaded" | "already-there";
  }[];
  /** The signed repository that went before, and where it lists the envelope. */
  readonly repository?: SentRepository;
  readonly target?: string;
  readonly attachments: readonly SentPaper[];
}

async function run(given: Arguments, context: CommandContext): Promise<ExitCode> {
  const published = await publishEnvelope(given.operand("envelope"), given, context);
  const { server: _, ...shown } = published;
  context.terminal.json(shown);
  printPublished(context.terminal, published);
  return exitCode.ok;
}

export function printPublished(terminal: Terminal, published: PublishedEnvelope): void {
  const { outcome, release, payloads, attachments, server, repository, target } = published;
  if (repository !== undefined) terminal.line(`  ${target}: ${sentWords(repository)}`);
  for (const { uri, upload } of payloads) terminal.line(`  ${uri}: ${upload}`);
  for (const { name, outcome: attached, sha256 } of attachments)
    terminal.line(`  ${name}: ${attached}, sha256 ${sha256}`);
  terminal.line(
    `${outcome}: ${release.name} ${release.version}, sequence ${release.sequence}, release ${release.id} at ${server}`,
  );
}

/** Papers and payloads are looked at before the first byte is sent. */
export async function publishEnvelope(
  name: string,
  given: Arguments,
  context: CommandContext,
): Promise<PublishedEnvelope> {
  const { io } = context;
  const server = parseServerUrl("server", given.required("server"));
  const token = await readToken("token-file", given.required("token-file"), context);
  const envelope = await readEnvelopeFile(io, name);
  const { uris, digests } = readManifestPayloads(envelope);
  const files = matchPayloads(given.all("payload"), uris);
  const payloads: Payload[] = [];
  for (const uri of uris) {
    const file = files.get(uri) ?? findPayloadBeside(io, name, uri, digests);
    payloads.push(await measure(uri, file, digests, context));
  }
  const folder = given.option("repo");
  const repository = folder === undefined ? undefined : await Repository.open(io, folder);
  // Told before anything is sent.
  const target = repository && listedPath(repository, envelope, name);
  const papers = await readPapers(name, envelope, given, io);
  const uploads = [];
  for (const payload of payloads) {
    uploads.push({ uri: payload.uri, sha256: payload.sha256, upload: await upload(payload, server, token, context) });
  }
  // Before the release: a device that is offered one looks it up at once.
  const sent = repository && (await sendRepository(repository, server, token));
  const { release, outcome } = await announce(envelope, payloads, server, token);
  const attachments =
    papers.length === 0
      ? []
      : await (await import("../sdl/send-papers.ts")).sendPapers(papers, release.id, server, token);
  const { id, version, manifestDigest } = release;
  const sequence = jsonInteger(BigInt(release.sequence));
  return {
    outcome,
    server: server.href,
    release: { id, name: release.name, version, sequence, manifestDigest },
    payloads: uploads,
    ...(sent === undefined || target === undefined ? {} : { repository: sent, target }),
    attachments,
  };
}

async function readPapers(
  name: string,
  envelope: Uint8Array,
  given: Arguments,
  io: Io,
): Promise<readonly ReleasePaper[]> {
  const report = gateReportFile(io, name, given);
  const dossier = given.option("dossier");
  if (report === undefined && dossier === undefined) return [];
  const { readDossier, readGateReport } = await import("../sdl/release-papers.ts");
  return [
    ...(report === undefined ? [] : [await readGateReport(io, report, envelope)]),
    ...(dossier === undefined ? [] : [await readDossier(io, dossier, envelope)]),
  ];
}

const sentWords = ({ outcome, files }: SentRepository): string =>
  outcome === "published" ? `repository published (${files.length} files)` : "repository is published already";

/** Digest and size, and whether a device could accept it at all: before gigabytes are sent. */
async function measure(
  uri: string,
  file: string,
  digests: readonly SuitDigest[],
  { io, terminal }: CommandContext,
): Promise<Payload> {
  const size = fileSize(io, file);
  const progress = terminal.progress(`hashing ${path.basename(file)}`, size);
  // In each algorithm that the manifest signs with: a file that nobody signed is not to leave this machine.
  const names = new Set([...digests.map(({ algorithm }) => algorithm), "sha-256" as const]);
  const running = [...names].map((algorithm) => ({ algorithm, digest: nodeCrypto.startDigest(algorithm) }));
  let length = 0;
  for await (const chunk of fileChunks(io, file, progress)) {
    for (const { digest } of running) digest.update(chunk);
    length += chunk.length;
  }
  progress.clear();
  const found = new Map(running.map(({ algorithm, digest }) => [algorithm, bytesToHex(digest.digest())]));
  const sha256 = found.get("sha-256") ?? "";
  if (!digests.some(({ algorithm, bytes }) => bytesToHex(bytes) === found.get(algorithm))) {
    throw new Failure({
      code: "payload-digest-mismatch",
      problem: `${file} is not the payload that the manifest names as ${uri}`,
      remedy: "give the file that the release was built with",
      exit: exitCode.refused,
    });
  }
  return { uri, file, sha256, size: length };
}

async function upload(
  { file, sha256, size }: Payload,
  server: URL,
  token: string,
  { io, terminal }: CommandContext,
): Promise<"uploaded" | "already-there"> {
  const url = serverUrl(server, `api/v1/blobs/${sha256}`);
  const present = await askServer({ method: "HEAD", url, token });
  if (present.status === 200) return "already-there";
  // Told before the payload is sent, not after.
  if (present.status !== 404) throw await answerFailure(present, url);
  const progress = terminal.progress(`uploading ${path.basename(file)} (${humanSize(size)})`, size);
  try {
    const body = { type: "application/octet-stream", length: size, chunks: fileChunks(io, file, progress) };
    const answer = await askServer({ method: "PUT", url, token, body });
    if (answer.status !== 200 && answer.status !== 201) throw await answerFailure(answer, url);
    return answer.status === 201 ? "uploaded" : "already-there";
  } finally {
    progress.clear();
  }
}

async function announce(
  envelope: Uint8Array,
  payloads: readonly Payload[],
  server: URL,
  token: string,
): Promise<{ readonly release: Published; readonly outcome: "published" | "already-published" }> {
  const url = serverUrl(server, "api/v1/releases");
  const text = JSON.stringify({
    envelope: Buffer.from(envelope).toString("base64"),
    payloads: payloads.map(({ uri, sha256 }) => ({ uri, sha256 })),
  });
  const bytes = new TextEncoder().encode(text);
  const body = { type: "application/json", length: bytes.length, chunks: oneChunk(bytes) };
  const answer = await askServer({ method: "POST", url, token, body });
  if (answer.status !== 200 && answer.status !== 201) throw await answerFailure(answer, url);
  const release = parseRelease(answer.body);
  if (release === undefined || release.manifestDigest !== digestOfEnvelope(envelope)) {
    throw unexpectedAnswer(answer.status, url);
  }
  return { release, outcome: answer.status === 201 ? "published" : "already-published" };
}

type Published = Pick<ReleaseView, "id" | "name" | "version" | "sequence" | "manifestDigest">;

/** Of an answer that calls itself a success, what is told to a person; undefined = it is none of a Sumac server. */
function parseRelease(body: unknown): Published | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const { id, name, version, sequence, manifestDigest } = body as Readonly<Record<string, unknown>>;
  if (typeof id !== "number" || typeof name !== "string" || typeof version !== "string") return undefined;
  if (typeof sequence !== "string" || !/^\d{1,20}$/.test(sequence)) return undefined;
  return typeof manifestDigest === "string" ? { id, name, version, sequence, manifestDigest } : undefined;
}

/** What the server has to say it published. */
function digestOfEnvelope(bytes: Uint8Array): string {
  const envelope = parseEnvelope(bytes);
  if (!envelope.ok) throw new Error("it was read before");
  return bytesToHex(envelope.value.digest.bytes);
}
