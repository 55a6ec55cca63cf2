import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat } from "node:fs/promises";
import path from "node:path";
import type { Crypto } from "@sumac/crypto";
import { builtIn, ownCatalogue, parseCatalogue } from "./catalogue-file.ts";
import { readEvidence } from "./evidence-record.ts";
import { findingOf } from "./finding.ts";
import type { FileDigest, GateInput } from "./gate-context.ts";
import { chooseRelease } from "./gate-identity.ts";
import { neededToLint } from "./lint-scope.ts";
import { readSourceState } from "./node-git.ts";
import { readProductFiles } from "./node-read-product.ts";
import { namedFiles } from "./product-files.ts";
import { type ProductFiles, readProductModel, sdlFolder } from "./product-model.ts";

export interface GateQuestion {
  readonly crypto: Crypto;
  readonly now: number;
  readonly release?: string;
  readonly path: "regular" | "emergency";
}

/** Everything a gate decides from, read from a product's folder; undefined where it has no `.sdl`. */
export async function readGateInput(folder: string, question: GateQuestion): Promise<GateInput | undefined> {
  const files = await readProductFiles(folder);
  return files === undefined ? undefined : gateInputOf(folder, files, question);
}

/** What lint decides from. `only`: paths below `.sdl/` whose findings are asked for; none = all. */
export async function readLintInput(
  folder: string,
  only: readonly string[],
): Promise<Pick<GateInput, "model" | "catalogue" | "catalogueDigest"> | undefined> {
  const files = await readProductFiles(folder, only.length === 0 ? undefined : neededToLint(only));
  return files === undefined ? undefined : readModel(files);
}

function readModel(files: ProductFiles): Pick<GateInput, "model" | "catalogue" | "catalogueDigest"> {
  const read = readProductModel(files);
  const own = read.data.get(ownCatalogue);
  const parsed = own === undefined ? undefined : parseCatalogue(own);
  const { catalogue, digest: catalogueDigest } = parsed?.ok === true ? parsed.value : builtIn;
  const flaws =
    parsed?.ok === false ? [findingOf("sdl/catalog-form", `${sdlFolder}/${ownCatalogue}`, parsed.error.flaw)] : [];
  return { model: { ...read, findings: [...read.findings, ...flaws] }, catalogue, catalogueDigest };
}

/** The same for files that are in memory already; `folder` holds the rest. */
export async function gateInputOf(folder: string, files: ProductFiles, question: GateQuestion): Promise<GateInput> {
  const { model, catalogue, catalogueDigest } = readModel(files);
  const { crypto, now, release, path: way } = question;
  const digests = new Map<string, FileDigest>();
  for (const [name, bytes] of files) {
    if (bytes instanceof Uint8Array && !name.startsWith("evidence/"))
      digests.set(`${sdlFolder}/${name}`, digestOf(bytes));
  }
  for (const name of namedFiles(model, readEvidence(model.evidence, crypto).records)) {
    const digest = await digestFile(path.join(folder, name));
    if (digest !== undefined) digests.set(name, digest);
  }
  const input: GateInput = {
    model,
    catalogue,
    catalogueDigest,
    crypto,
    now,
    files: digests,
    path: way,
    ...(release === undefined ? {} : { release }),
  };
  if (model.single.policy?.value.source !== "git") return input;
  const chosen = chooseRelease(input);
  const source = "rule" in chosen ? undefined : await readSourceState(folder, chosen.value.source.commit);
  return source === undefined ? input : { ...input, source };
}

export const digestOf = (bytes: Uint8Array): FileDigest => ({
  sha256: createHash("sha256").update(bytes).digest("hex"),
  size: bytes.length,
});

/** Of a regular file; undefined for anything else, so that it counts as not there. */
export async function digestFile(file: string): Promise<FileDigest | undefined> {
  try {
    if (!(await lstat(file)).isFile()) return undefined;
    const hash = createHash("sha256");
    let size = 0;
    for await (const chunk of createReadStream(file) as AsyncIterable<Uint8Array>) {
      hash.update(chunk);
      size += chunk.length;
    }
    return { sha256: hash.digest("hex"), size };
  } catch {
    return undefined;
  }
}
