import path from "node:path";
import { isoDay, schemasFrom, yamlText } from "@sumac/sdl";
import { digestFile } from "@sumac/sdl/node";
import { makeFolder } from "../atomic-file.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { unavailable, usage } from "../failure.ts";
import { parseChoice, parseUnsigned } from "../option-values.ts";
import { gateInput, productFolder, productOption, sdlPath, writeSdlFile } from "../sdl/product-folder.ts";

export const sdlReleaseNew: Command = {
  name: "sdl release new",
  summary: "name what is to be signed: images, source, SBOM, guides",
  operands: [{ name: "id", summary: "name of the release, such as r-1.2.0" }],
  options: [
    productOption,
    { name: "version", value: "version", use: "required", summary: "its version" },
    { name: "sequence", value: "n", use: "required", summary: "SUIT sequence number" },
    {
      name: "floor",
      value: "n",
      summary: "lowest sequence that devices may still install (default: the highest so far)",
    },
    { name: "image", value: "file", use: "repeatable", summary: "image, in the product's folder" },
    { name: "sbom", value: "file", use: "required", summary: "CycloneDX JSON below .sdl/data" },
    { name: "commit", value: "id", use: "required", summary: "commit it is built from" },
    { name: "tree", value: "id", use: "required", summary: "tree of that commit" },
    { name: "tag", value: "name", use: "required", summary: "tag of that commit" },
    { name: "kind", value: "word", summary: "security (default) or feature" },
    { name: "update", value: "id", use: "required", summary: "folder in updates" },
  ],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const id = given.operand("id");
  const input = await gateInput(given, io, "regular");
  const { model } = input;
  const digest = async (name: string): Promise<{ readonly sha256: string; readonly size: number }> => {
    const found = await digestFile(path.resolve(io.workingFolder, productFolder(given), name));
    if (found === undefined)
      throw unavailable(
        "file-not-found",
        `there is no file ${name} in ${productFolder(given)}`,
        "give a path from the product's folder",
      );
    return found;
  };
  if (given.all("image").length === 0)
    throw usage("missing-option", "--image <file> is missing", "name what is to be signed");
  const images = await Promise.all(
    given.all("image").map(async (file) => ({
      name: path.parse(file).name.replace(/[^A-Za-z0-9._-]/g, "-"),
      ...(await digest(file)),
      file,
    })),
  );
  const guides = await Promise.all(
    (model.single.product?.value.guides ?? []).map(async ({ id: guide, file }) => ({
      id: guide,
      sha256: (await digest(file)).sha256,
    })),
  );
  const sbom = given.required("sbom");
  const earlier = [...model.many.release.values()].map(({ value }) => value.floor);
  const floor = given.option("floor");
  const release = {
    id,
    version: given.required("version"),
    state: "candidate" as const,
    sequence: Number(parseUnsigned("sequence", given.required("sequence"), 1n, BigInt(Number.MAX_SAFE_INTEGER))),
    floor:
      floor === undefined
        ? Math.max(0, ...earlier)
        : Number(parseUnsigned("floor", floor, 0n, BigInt(Number.MAX_SAFE_INTEGER))),
    update_kind: parseChoice("kind", given.option("kind") ?? "security", ["security", "feature"]),
    images,
    source: { commit: given.required("commit"), tree: given.required("tree"), tag: given.required("tag") },
    sbom: { file: sbom, sha256: (await digest(sbom)).sha256 },
    guides,
    update: given.required("update"),
    planned: isoDay(input.now),
  };
  makeFolder(io, sdlPath(given, "releases"));
  const name = `releases/${id}.yaml`;
  const file = writeSdlFile(given, io, name, "release", yamlText("release", release, schemasFrom(name)), "refuse");
  terminal.json({ file, images: images.map(({ name: image, sha256 }) => ({ name: image, sha256 })) });
  terminal.line(`made ${file}`);
  return exitCode.ok;
}
