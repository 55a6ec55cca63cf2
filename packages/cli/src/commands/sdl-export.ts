import path from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  type CsafSetting,
  csafDocuments,
  csafFileName,
  csafFolder,
  csafVex,
  type GateInput,
  isDraft,
  openVex,
  type Product,
  patchList,
  releasePicture,
  releasesInOrder,
  securityTxt,
  spanMs,
  withDigests,
} from "@sumac/sdl";
import { makeFolder, writeFilesAtomically } from "../atomic-file.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { Failure, usage } from "../failure.ts";
import type { Io } from "../io.ts";
import {
  atOption,
  findingFailure,
  gateInput,
  productOption,
  readPicture,
  releaseOption,
} from "../sdl/product-folder.ts";
import { publicSite } from "../sdl/public-site.ts";
import { version } from "../version.ts";

type Files = ReadonlyMap<string, Uint8Array>;

/** What is to be written, and the ids of documents that are not for everybody yet. */
interface Exported {
  readonly files: Files;
  readonly leftOut: readonly string[];
}

const tool = { name: "sumac", version };
const day = 86_400_000;

export const sdlExport: Command = {
  name: "sdl export",
  summary: "write advisories, VEX or security.txt as others read them",
  operands: [{ name: "format", summary: "csaf, vex, openvex, patch-list or security-txt" }],
  options: [
    productOption,
    releaseOption,
    atOption,
    { name: "out", value: "folder", use: "required", summary: "write the files there; made if need be" },
    {
      name: "site",
      value: "url",
      summary: "address whose /.well-known will hold the files (default: origin of the vendor's namespace)",
    },
    { name: "include-drafts", summary: "also what no shipped release has a fix for: to look at, not to publish" },
    { name: "expires-in", value: "span", summary: "how long security.txt holds, at most 365d (default: 180d)" },
    { name: "policy", value: "url", summary: "address of the disclosure policy, for security.txt" },
    { name: "replace", summary: "overwrite files of these names" },
  ],
  notes: [
    "csaf: all advisories and CSAF VEX documents of the product, laid out for /.well-known/csaf/: provider-metadata.json,",
    "feed, lists, and sha256 and sha512 beside each document. vex, openvex: how one release stands to known issues.",
    "patch-list: shipped releases as a CSV table, with what they fix and the digests of their images.",
    "OpenPGP signatures are not made here: sign each document with an OpenPGP tool, the signature beside it as NAME.asc.",
  ],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const format = given.operand("format");
  const write = writers.get(format);
  const names = [...writers.keys()];
  if (write === undefined)
    throw usage("bad-value", `${format} is no format that is known here`, `say one of ${names.join(", ")}`);
  for (const name of ["expires-in", "policy"])
    if (format !== "security-txt" && given.option(name) !== undefined)
      throw usage("option-conflict", `--${name} is for security-txt only`, `leave --${name} out`);
  const { files, leftOut } = await write(given, io);
  const out = given.required("out");
  const ifExists = given.flag("replace") === "given" ? "replace" : "refuse";
  const named = [...files].map(([name, bytes]) => ({ name: path.join(out, name), bytes, ifExists }) as const);
  for (const folder of new Set([out, ...named.map(({ name }) => path.dirname(name))])) makeFolder(io, folder);
  writeFilesAtomically(io, named);
  terminal.json({ format, out, files: named.map(({ name }) => name), leftOut });
  for (const { name } of named) terminal.line(`wrote ${name}`);
  for (const id of leftOut) terminal.line(`left out, not shipped yet: ${id}`, "yellow");
  if (format === "csaf" || format === "vex")
    terminal.line("not signed: put an OpenPGP signature (NAME.asc) beside each document with your OpenPGP tool");
  return exitCode.ok;
}

const writers: ReadonlyMap<string, (given: Arguments, io: Io) => Promise<Exported>> = new Map([
  ["csaf", writeCsaf],
  ["vex", writeVex],
  ["openvex", writeOpenVex],
  ["patch-list", writePatchList],
  ["security-txt", writeSecurityTxt],
]);

async function writeCsaf(given: Arguments, io: Io): Promise<Exported> {
  refuseRelease(given, "csaf");
  const input = await gateInput(given, io, "regular");
  const product = productOf(input);
  const site = siteOf(given, product.vendor.namespace);
  const documents = documentsOf(input, { tool, site });
  const shown = documents.filter((document) => draftsToo(given) || !isDraft(document));
  const folder = csafFolder(shown, product, { site, crypto: nodeCrypto, now: input.now });
  if (!folder.ok) {
    const { file, ids } = folder.error;
    throw new Failure({
      code: "csaf-name-clash",
      problem: `${ids.join(" and ")} would both be ${file}`,
      remedy: "give one of the issues another id",
      exit: exitCode.refused,
    });
  }
  const leftOut = documents.filter((document) => !shown.includes(document));
  return { files: folder.value, leftOut: leftOut.map(({ document }) => document.tracking.id) };
}

/** A product without a release has nothing to tell, and can be a provider all the same. */
function documentsOf(input: GateInput, setting: CsafSetting): ReturnType<typeof csafDocuments> {
  const newest = releasesInOrder(input.model).at(-1);
  if (newest === undefined) return [];
  const picture = releasePicture({ ...input, release: newest.id });
  if (!picture.ok) throw findingFailure(picture.error);
  return csafDocuments(picture.value, setting);
}

function productOf({ model }: GateInput): Product {
  const product = model.single.product?.value;
  if (product === undefined) throw findingFailure(model.findings.find(({ file }) => file === ".sdl/product.yaml"));
  return product;
}

async function writeVex(given: Arguments, io: Io): Promise<Exported> {
  const picture = await readPicture(given, io, "regular");
  const { product, release } = picture;
  const document = csafVex(picture, { tool, site: siteOf(given, product.vendor.namespace) });
  if (document === undefined) throw nothingToTell(release.id);
  if (isDraft(document)) refuseDraft(given, release.id);
  const name = csafFileName(document.document.tracking.id);
  return { files: new Map(withDigests(name, json(document), nodeCrypto)), leftOut: [] };
}

async function writeOpenVex(given: Arguments, io: Io): Promise<Exported> {
  const picture = await readPicture(given, io, "regular");
  const { product, release } = picture;
  const document = openVex(picture, { tool, site: siteOf(given, product.vendor.namespace) });
  if (document === undefined) throw nothingToTell(release.id);
  if (release.state === "candidate") refuseDraft(given, release.id);
  return { files: new Map([[`${product.id}-${release.version}.openvex.json`, json(document)]]), leftOut: [] };
}

async function writePatchList(given: Arguments, io: Io): Promise<Exported> {
  refuseRelease(given, "patch-list");
  const input = await gateInput(given, io, "regular");
  const product = productOf(input);
  const text = patchList(product, input.model);
  return { files: new Map([[`${product.id}.patches.csv`, new TextEncoder().encode(text)]]), leftOut: [] };
}

function refuseRelease(given: Arguments, format: string): void {
  if (given.option("release") === undefined) return;
  throw usage("option-conflict", `${format} is of all releases of the product`, "leave --release out");
}

async function writeSecurityTxt(given: Arguments, io: Io): Promise<Exported> {
  const span = given.option("expires-in") ?? "180d";
  if (!/^[1-9]\d{0,2}d$/.test(span) || spanMs(span) > 365 * day)
    throw usage(
      "bad-value",
      `--expires-in ${span} is not 1d to 365d`,
      "say 180d, and write the file again before that",
    );
  const policy = given.option("policy");
  if (policy !== undefined) httpsAddress("policy", policy);
  const input = await gateInput(given, io, "regular");
  const product = productOf(input);
  const facts = { site: siteOf(given, product.vendor.namespace), expires: input.now + spanMs(span) };
  const text = securityTxt(product, { ...facts, ...(policy === undefined ? {} : { policy }) });
  return { files: new Map([["security.txt", new TextEncoder().encode(text)]]), leftOut: [] };
}

const draftsToo = (given: Arguments): boolean => given.flag("include-drafts") === "given";

/** Whoever reads of a hole before its fix can be had is helped only if they attack. */
function refuseDraft(given: Arguments, release: string): void {
  if (draftsToo(given)) return;
  throw new Failure({
    code: "release-not-shipped",
    problem: `${release} is a candidate: what its fixes close is not told before it is shipped`,
    remedy: "publish the release first, or look at the draft with --include-drafts",
    exit: exitCode.refused,
  });
}

const nothingToTell = (release: string): Failure =>
  new Failure({
    code: "nothing-to-tell",
    problem: `there is no issue of which users of ${release} may read`,
    remedy: "see sumac sdl issue clock, or name another release",
    exit: exitCode.refused,
  });

const siteOf = (given: Arguments, namespace: string): string => {
  const named = given.option("site");
  return named === undefined ? publicSite(namespace) : httpsAddress("site", named).origin;
};

function httpsAddress(option: string, text: string): URL {
  const address = URL.canParse(text) ? new URL(text) : undefined;
  if (address?.protocol === "https:" && address.username === "" && address.password === "") return address;
  throw usage("bad-value", `--${option} ${text} is no https address`, "give it as https://vendor.example");
}

const json = (value: object): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
