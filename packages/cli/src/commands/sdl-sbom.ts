import { createHash } from "node:crypto";
import path from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  bomVersions,
  explainSbomFinding,
  firmwareBom,
  mergeParts,
  type Product,
  type ProductModel,
  readProductModel,
  readSbomInput,
  type SbomFinding,
  type SbomInput,
} from "@sumac/sdl";
import { digestFile, readProductFiles } from "@sumac/sdl/node";
import { writeFileAtomically } from "../atomic-file.ts";
import { readWhole } from "../bound-read.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { Failure, unavailable, usage } from "../failure.ts";
import type { Io } from "../io.ts";
import { parseChoice } from "../option-values.ts";
import {
  atOption,
  findingFailure,
  judgedTime,
  noProduct,
  productFolder,
  productOption,
} from "../sdl/product-folder.ts";
import type { Terminal } from "../terminal.ts";
import { version as ownVersion } from "../version.ts";

export const sdlSbom: Command = {
  name: "sdl sbom",
  summary: "make the bill of materials of a firmware from what its vendors deliver",
  operands: [],
  options: [
    productOption,
    { name: "release", value: "id", summary: "whose images it is of; or --version and --image" },
    { name: "version", value: "version", summary: "of a release that is not written yet" },
    { name: "image", value: "file", use: "repeatable", summary: "its image, in the product's folder" },
    {
      name: "input",
      value: "file",
      use: "repeatable",
      summary: "CycloneDX JSON, package-lock.json, output of west list or CMake, CSV or YAML table",
    },
    { name: "out", value: "file", use: "required", summary: "write CycloneDX JSON there" },
    { name: "replace", summary: "overwrite that file" },
    { name: "spec", value: "version", summary: `of CycloneDX: ${bomVersions.join(" or ")} (default: 1.6)` },
    { ...atOption, summary: "its timestamp, RFC 3339 (default: the planned day of the release)" },
  ],
  notes: [
    "The same inputs give the same bytes. With a finding nothing is written.",
    "Exit code 0: written. 3: components are incomplete or contradict. 4: an input cannot be read.",
  ],
  run,
};

interface Subject {
  readonly version: string;
  readonly images: readonly { readonly name: string; readonly sha256: string }[];
  readonly timestamp?: string;
}

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const specVersion = parseChoice("spec", given.option("spec") ?? "1.6", bomVersions);
  const names = given.all("input");
  if (names.length === 0) throw usage("missing-option", "--input <file> is missing", "name what tells of components");
  const { product, model } = await readProduct(given, io);
  const subject = await subjectOf(given, io, model);
  const inputs: SbomInput[] = [];
  const unread: SbomFinding[] = [];
  for (const name of names) {
    const read = readSbomInput(name, await readWhole(io, name, "an input", 64 * 1024 * 1024));
    if (read.ok) inputs.push(read.value);
    else unread.push(...read.error);
  }
  if (unread.length > 0) return refuse(terminal, unread, exitCode.malformed);
  const suppliers = new Map(
    (model.single.suppliers?.value.suppliers ?? []).flatMap(({ id, delivers }) => delivers.map((name) => [name, id])),
  );
  const merged = mergeParts(inputs, { product: { name: product.id, version: subject.version }, suppliers });
  if (!merged.ok) return refuse(terminal, merged.error, exitCode.refused);
  const bom = firmwareBom(merged.value, {
    specVersion,
    product: { id: product.id, vendor: product.vendor.name },
    release: subject,
    ...(subject.timestamp === undefined ? {} : { timestamp: subject.timestamp }),
    tool: { name: "sumac", version: ownVersion },
    crypto: nodeCrypto,
  });
  const bytes = new TextEncoder().encode(`${JSON.stringify(bom, null, 2)}\n`);
  const out = given.required("out");
  writeFileAtomically(io, { name: out, bytes, ifExists: given.flag("replace") === "given" ? "replace" : "refuse" });
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const components = merged.value.parts.length;
  terminal.json({
    file: out,
    sha256,
    specVersion,
    serialNumber: String(bom["serialNumber"]),
    components,
    findings: [],
  });
  terminal.line(`wrote ${out}: ${components} components of ${product.id} ${subject.version}`, "green");
  terminal.line(`sha256 ${sha256}`);
  return exitCode.ok;
}

function refuse(terminal: Terminal, findings: readonly SbomFinding[], code: ExitCode): ExitCode {
  terminal.json({ findings });
  for (const finding of findings.slice(0, 200)) {
    const { problem, remedy } = explainSbomFinding(finding);
    terminal.line(`${finding.file}:${finding.line} ${finding.code}: ${problem}`);
    terminal.line(`  hint: ${remedy}`);
  }
  if (findings.length > 200) terminal.line(`and ${findings.length - 200} more: see --json`);
  terminal.line(`${findings.length} findings, nothing written`, "red");
  return code;
}

async function readProduct(
  given: Arguments,
  io: Io,
): Promise<{ readonly product: Product; readonly model: ProductModel }> {
  const folder = productFolder(given);
  const files = await readProductFiles(
    path.resolve(io.workingFolder, folder),
    (name) => name === "product.yaml" || name === "suppliers.yaml" || name.startsWith("releases/"),
  );
  if (files === undefined) throw noProduct(folder);
  const model = readProductModel(files);
  const broken = model.findings.find(({ rule, file }) => rule !== "sdl/missing-file" || file === ".sdl/product.yaml");
  const product = model.single.product?.value;
  if (broken !== undefined || product === undefined) throw findingFailure(broken);
  return { product, model };
}

/** The release with its images as they lie there now: an SBOM is of bytes, not of a name. */
async function subjectOf(given: Arguments, io: Io, model: ProductModel): Promise<Subject> {
  const id = given.option("release");
  const named = given.option("version");
  const at = given.option("at");
  const stamp = at === undefined ? {} : { timestamp: new Date(judgedTime(given)).toISOString() };
  const digest = (file: string) => digestFile(path.resolve(io.workingFolder, productFolder(given), file));
  if ((id === undefined) === (named === undefined) || (id !== undefined && given.all("image").length > 0))
    throw usage("option-conflict", "give --release, or --version with --image", "name what the SBOM is of");
  if (id === undefined) {
    if (given.all("image").length === 0)
      throw usage("missing-option", "--image <file> is missing", "name what the SBOM is of");
    const images = await Promise.all(
      given.all("image").map(async (file) => {
        const found = await digest(file);
        if (found === undefined) throw noImage(file, productFolder(given));
        return { name: path.parse(file).name.replace(/[^A-Za-z0-9._-]/g, "-"), sha256: found.sha256 };
      }),
    );
    return { version: named ?? "", images, ...stamp };
  }
  const release = model.many.release.get(id)?.value;
  if (release === undefined)
    throw unavailable(
      "release-not-found",
      `there is no release ${id}`,
      "see .sdl/releases, or give --version and --image",
    );
  for (const { name, file, sha256 } of release.images) {
    if (file === undefined) continue;
    const found = await digest(file);
    if (found === undefined) throw noImage(file, productFolder(given));
    if (found.sha256 === sha256) continue;
    throw new Failure({
      code: "sbom-image-differs",
      problem: `${file} is not image ${name} of ${id}: it has SHA-256 ${found.sha256}`,
      remedy: "build it again, or correct the release",
      exit: exitCode.refused,
    });
  }
  return { timestamp: `${release.planned}T00:00:00Z`, version: release.version, images: release.images, ...stamp };
}

const noImage = (file: string, folder: string): Failure =>
  unavailable("file-not-found", `there is no file ${file} in ${folder}`, "give a path from the product's folder");
