import path from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import type { Finding, GateInput } from "@sumac/sdl";
import {
  explain,
  type FileKind,
  type KindContent,
  type Located,
  parseYamlFile,
  type ReleasePicture,
  releasePicture,
  shapes,
} from "@sumac/sdl";
import { readGateInput } from "@sumac/sdl/node";
import { type NewFile, writeFileAtomically } from "../atomic-file.ts";
import { readWhole } from "../bound-read.ts";
import type { Arguments, Option } from "../command.ts";
import { exitCode } from "../exit-code.ts";
import { Failure, unavailable, usage } from "../failure.ts";
import type { Io } from "../io.ts";

export const productOption: Option = {
  name: "product",
  value: "folder",
  summary: "the product's folder, which holds .sdl (default: here)",
};
export const releaseOption: Option = {
  name: "release",
  value: "id",
  summary: "which release (default: the only candidate)",
};
export const atOption: Option = {
  name: "at",
  value: "time",
  summary: "judge as of this time, RFC 3339 (default: now)",
};

export const productFolder = (given: Arguments): string => given.option("product") ?? ".";

/** The time a command judges for, in milliseconds. */
export function judgedTime(given: Arguments): number {
  const text = given.option("at");
  if (text === undefined) return Date.now();
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (Number.isNaN(time)) throw usage("bad-value", `--at ${text} is not a time`, "give it as 2026-11-23T12:00:00Z");
  return time;
}

export async function gateInput(given: Arguments, io: Io, way: GateInput["path"]): Promise<GateInput> {
  const folder = productFolder(given);
  const release = given.option("release");
  const question = {
    crypto: nodeCrypto,
    now: judgedTime(given),
    path: way,
    ...(release === undefined ? {} : { release }),
  };
  const input = await readGateInput(path.resolve(io.workingFolder, folder), question);
  if (input === undefined) throw noProduct(folder);
  return input;
}

/** What outputs of a release are made from; a product file that cannot be read ends the command. */
export async function readPicture(given: Arguments, io: Io, way: GateInput["path"]): Promise<ReleasePicture> {
  const picture = releasePicture(await gateInput(given, io, way));
  if (!picture.ok) throw findingFailure(picture.error);
  return picture.value;
}

export const noProduct = (folder: string): Failure =>
  unavailable(
    "product-not-found",
    `there is no .sdl in ${folder}`,
    "name the folder with --product, or begin with sumac sdl init",
  );

/** A path below `.sdl/`, as a person would type it. */
export const sdlPath = (given: Arguments, name: string): string => path.join(productFolder(given), ".sdl", name);

/** One file of the product, as text and parsed; a file with a fault ends the command. */
export async function readSdlFile<Kind extends FileKind>(
  given: Arguments,
  io: Io,
  name: string,
  kind: Kind,
): Promise<{ readonly text: string; readonly parsed: Located<KindContent[Kind]> }> {
  const file = sdlPath(given, name);
  const bytes = await readWhole(io, file, "a file of .sdl", 512 * 1024);
  const parsed = parseYamlFile(file, bytes, shapes[kind]);
  if (!parsed.ok) throw findingFailure(parsed.error[0]);
  return { text: new TextDecoder().decode(bytes), parsed: parsed.value };
}

/** Writes a changed or new file after it was read again by its schema: a command never leaves a file that lint refuses. */
export function writeSdlFile(
  given: Arguments,
  io: Io,
  name: string,
  kind: FileKind,
  text: string,
  ifExists: "refuse" | "replace",
): string {
  const file = checkedSdlFile(given, name, kind, text, ifExists);
  writeFileAtomically(io, file);
  return file.name;
}

/** The same, to be written together with others. */
export function checkedSdlFile(
  given: Arguments,
  name: string,
  kind: FileKind,
  text: string,
  ifExists: NewFile["ifExists"],
): NewFile {
  const file = sdlPath(given, name);
  const bytes = new TextEncoder().encode(text);
  const parsed = parseYamlFile<unknown>(file, bytes, shapes[kind]);
  if (!parsed.ok) throw findingFailure(parsed.error[0]);
  return { name: file, bytes, ifExists };
}

export function findingFailure(finding: Finding | undefined): Failure {
  if (finding === undefined) throw new Error("a refusal without a finding");
  const { problem, remedy } = explain(finding);
  return new Failure({
    code: finding.rule,
    problem: `${finding.file}:${finding.line}:${finding.column}: ${problem}`,
    remedy,
    exit: exitCode.malformed,
  });
}
