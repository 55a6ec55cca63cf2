import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  canonicalPayload,
  explainDossierFault,
  gatePredicate,
  openEnvelope,
  readDossierList,
  verifyDossier,
} from "@sumac/sdl";
import { readWhole } from "../bound-read.ts";
import { exitCode } from "../exit-code.ts";
import { Failure, malformedInput } from "../failure.ts";
import type { Io } from "../io.ts";
import { readManifestPayloads } from "../manifest-payloads.ts";
import { dossierFolder, readDossierFolder } from "./read-dossier-folder.ts";
import { tarArchive } from "./tar-archive.ts";

/** A paper that goes with a release, under the name by which the server hands it out. */
export interface ReleasePaper {
  readonly name: "gate-report.dsse.json" | "dossier.tar";
  readonly bytes: Uint8Array;
}

const maxReportBytes = 8 * 1024 * 1024;

const refused = (code: string, problem: string, remedy: string): Failure =>
  new Failure({ code, problem, remedy, exit: exitCode.refused });

const imagesOf = (envelope: Uint8Array): readonly string[] =>
  readManifestPayloads(envelope).digests.map(({ bytes }) => bytesToHex(bytes));

const sameImages = (one: readonly string[], other: readonly string[]): boolean =>
  one.every((digest) => other.includes(digest)) && other.every((digest) => one.includes(digest));

/** The signed report of a gate that passed, of the very images of the envelope; anything else ends the command. */
export async function readGateReport(io: Io, name: string, envelope: Uint8Array): Promise<ReleasePaper> {
  const bytes = await readWhole(io, name, "a gate report", maxReportBytes);
  const opened = openEnvelope(bytes);
  const payload = opened.ok ? canonicalPayload(opened.value) : undefined;
  const statement = payload?.ok === true ? readStatement(payload.value) : undefined;
  if (statement === undefined || !opened.ok || opened.value.signatures.length === 0)
    throw malformedInput("gate-report-malformed", `${name} is no signed gate report`, "name what release sign wrote");
  if (statement.result !== "PASSED")
    throw refused("gate-red", `${name} is of a gate that did not pass`, "see sumac sdl gate, then sign again");
  if (!sameImages(statement.images, imagesOf(envelope)))
    throw refused(
      "gate-of-other-images",
      `${name} is of other images than the envelope holds`,
      "sign the envelope again",
    );
  return { name: "gate-report.dsse.json", bytes };
}

function readStatement(value: unknown): { readonly result: unknown; readonly images: readonly string[] } | undefined {
  const { predicateType, predicate, subject } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (predicateType !== gatePredicate || typeof predicate !== "object" || predicate === null) return undefined;
  if (!Array.isArray(subject)) return undefined;
  const images = (subject as readonly { readonly digest?: { readonly sha256?: unknown } }[]).map(
    (entry) => entry?.digest?.sha256,
  );
  if (!images.every((digest) => typeof digest === "string")) return undefined;
  return { result: (predicate as Readonly<Record<string, unknown>>)["verificationResult"], images };
}

/**
 * The customer edition of a dossier as one archive. It is checked like a customer would, before anybody gets it: every
 * digest and signature in it, and that it is of the envelope's images. The internal edition never leaves.
 */
export async function readDossier(io: Io, folder: string, envelope: Uint8Array): Promise<ReleasePaper> {
  const files = await readDossierFolder(io, folder);
  const list = files.get("dossier.json");
  const parsed = list === undefined ? undefined : readDossierList(list);
  if (parsed?.ok !== true)
    throw malformedInput(
      "dossier-malformed",
      `${folder} is no dossier`,
      "name the folder that sumac sdl dossier wrote",
    );
  const { edition, release } = parsed.value;
  if (edition !== "customer")
    throw refused("dossier-internal", `${folder} is the internal edition`, "make the customer edition of it");
  const verified = verifyDossier(dossierFolder(files), { crypto: nodeCrypto, signers: [], images: [] });
  if (!verified.ok) {
    const { problem, remedy } = explainDossierFault(verified.error);
    throw refused(verified.error.code, problem, remedy);
  }
  if (verified.value.signedBy.length === 0)
    throw refused("dossier-unsigned", `nobody signed the dossier in ${folder}`, "make it with --key");
  if (verified.value.verdict === "fail")
    throw refused("gate-red", `the dossier in ${folder} is of a gate that did not pass`, "see sumac sdl gate");
  const images = release.images.map((image) => image.sha256);
  if (!sameImages(images, imagesOf(envelope)))
    throw refused("dossier-of-other-images", `${folder} is of other images than the envelope holds`, "make it again");
  return { name: "dossier.tar", bytes: tarArchive(files) };
}
