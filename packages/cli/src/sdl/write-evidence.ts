import { createHash } from "node:crypto";
import path from "node:path";
import {
  type Evidence,
  type EvidenceKind,
  evidenceKinds,
  type GateInput,
  type Role,
  roles,
  type Subject,
  sealEvidence,
  subjectsOfRelease,
} from "@sumac/sdl";
import { digestFile } from "@sumac/sdl/node";
import { makeFolder, writeFileAtomically } from "../atomic-file.ts";
import type { Arguments, CommandContext, Option } from "../command.ts";
import { exitCode } from "../exit-code.ts";
import { Failure, unavailable, usage } from "../failure.ts";
import { parseChoice } from "../option-values.ts";
import { openSigners, signingOptions } from "../signers.ts";
import { version } from "../version.ts";
import { judgedTime, productFolder, productOption, releaseOption, sdlPath } from "./product-folder.ts";

/** The options of every command that signs a record. */
export const recordOptions: readonly Option[] = [
  productOption,
  releaseOption,
  { name: "id", value: "id", use: "required", summary: "name of the record: evidence/ID.dsse.json" },
  { name: "row", value: "id", use: "repeatable", summary: "row of the catalogue it answers to" },
  { name: "person", value: "id", use: "required", summary: "who signs, as in roles.yaml" },
  { name: "role", value: "role", use: "required", summary: "in which role" },
  { name: "of", value: "id", use: "repeatable", summary: "whose work was judged" },
  {
    name: "document",
    value: "file",
    use: "repeatable",
    summary: "what it is about, in the product's folder; none = the images of the release",
  },
  { name: "valid", value: "days", summary: "for how long, such as 365d (default)" },
  { name: "replace", summary: "overwrite a record of this name" },
  ...signingOptions,
];

export const recordKind = (text: string): EvidenceKind => parseChoice("kind", text, evidenceKinds);

/** What a record says beside who signed it. */
export interface RecordContent {
  readonly rows: readonly string[];
  readonly kind: Evidence["kind"];
  readonly tool: Evidence["tool"];
  readonly inputs: Evidence["inputs"];
  readonly result: Evidence["result"];
  readonly documents: readonly string[];
}

/** Signs a record and puts it into `.sdl/evidence`. Who may sign what is judged by the gate, with the files as they are then. */
export async function writeRecord(
  content: RecordContent,
  input: GateInput,
  given: Arguments,
  context: CommandContext,
): Promise<string> {
  const id = given.required("id");
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/.test(id))
    throw usage("bad-value", `--id ${id} is not a name`, "give letters, digits, dots and dashes");
  for (const row of content.rows) {
    if (!input.catalogue.processRows.has(row) && !input.catalogue.componentRows.has(row))
      throw usage("bad-value", `--row ${row} is not in the catalogue`, "give an id such as SVV-3 or CR 3.4");
  }
  if (content.rows.length === 0)
    throw usage("missing-option", "--row <id> is missing", "name the row of the catalogue it answers to");
  const role = parseChoice<Role>("role", given.required("role"), roles);
  const valid = given.option("valid") ?? "365d";
  if (!/^[1-9]\d{0,3}d$/.test(valid))
    throw usage("bad-value", `--valid ${valid} is not a number of days`, "give days such as 365d");
  const signers = await openSigners(given, context);
  if (signers.length === 0) throw usage("missing-option", "there is no key to sign with", "name one with --key");
  const subject = await subjectsOf(content.documents, input, given, context);
  const now = judgedTime(given);
  const evidence: Evidence = {
    id,
    edition: input.catalogue.edition,
    rows: content.rows,
    kind: content.kind,
    scope: content.documents.length === 0 ? "release" : "process",
    produced_at: new Date(now).toISOString(),
    valid_until: new Date(now + Number.parseInt(valid, 10) * 86_400_000).toISOString(),
    tool: content.tool,
    inputs: content.inputs,
    result: content.result,
    person: given.required("person"),
    role,
    independence: {
      of: given.all("of"),
      statement: given.all("of").length === 0 ? "nothing is judged" : "judged by somebody who did not make it",
    },
  };
  const bytes = await sealEvidence(subject, evidence, signers);
  makeFolder(context.io, sdlPath(given, "evidence"));
  const name = sdlPath(given, `evidence/${id}.dsse.json`);
  writeFileAtomically(context.io, { name, bytes, ifExists: given.flag("replace") === "given" ? "replace" : "refuse" });
  return name;
}

async function subjectsOf(
  documents: readonly string[],
  input: GateInput,
  given: Arguments,
  { io }: CommandContext,
): Promise<readonly Subject[]> {
  if (documents.length === 0) {
    const wanted = input.release;
    const releases = [...input.model.many.release.values()].map(({ value }) => value);
    const found = releases.filter((release) =>
      wanted === undefined ? release.state === "candidate" : release.id === wanted,
    );
    const [release] = found;
    if (release !== undefined && found.length === 1) return subjectsOfRelease(release);
    throw new Failure({
      code: "G1-no-release",
      problem: "it is not clear which release the record is about",
      remedy: "name it with --release, or give --document",
      exit: exitCode.refused,
    });
  }
  const subjects: Subject[] = [];
  for (const document of documents) {
    const tree = /^tree:([0-9a-f]{40}(?:[0-9a-f]{24})?)$/.exec(document)?.[1];
    if (tree !== undefined) {
      subjects.push({ name: "source", digest: { gitTree: tree } });
      continue;
    }
    const name = path.posix.normalize(document);
    if (name.startsWith("..") || path.isAbsolute(name))
      throw usage("bad-value", `--document ${document} is outside the product's folder`, "give a path inside it");
    const digest = await digestFile(path.resolve(io.workingFolder, productFolder(given), name));
    if (digest === undefined)
      throw unavailable(
        "file-not-found",
        `there is no file ${name} in ${productFolder(given)}`,
        "give a path from the product's folder",
      );
    subjects.push({ name, digest: { sha256: digest.sha256 } });
  }
  return subjects;
}

export const ownTool: Evidence["tool"] = { name: "sumac", version };

export const inputOf = (name: string, bytes: Uint8Array): Evidence["inputs"][number] => ({
  uri: path.basename(name),
  sha256: createHash("sha256").update(bytes).digest("hex"),
});
