import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import path from "node:path";
import type { DossierFolder } from "@sumac/sdl";
import { readWhole } from "../bound-read.ts";
import { exitCode } from "../exit-code.ts";
import { Failure, malformedInput, unavailable } from "../failure.ts";
import type { Io } from "../io.ts";
import { fileFailure } from "../system-failure.ts";

const maxDossierBytes = 64 * 1024 * 1024;
const maxDossierFiles = 5000;

/** Files in memory, as verification wants to see them. */
export const dossierFolder = (files: ReadonlyMap<string, Uint8Array>): DossierFolder => ({
  files: new Map([...files].map(([name, bytes]) => [name, { sha256: sha256(bytes), size: bytes.length }])),
  read: (name) => files.get(name),
});

/** Every file of a dossier's folder, bounded; a link, a pipe or a name that no dossier has ends the command. */
export async function readDossierFolder(io: Io, folder: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const names: string[] = [];
  const files = new Map<string, Uint8Array>();
  const root = path.resolve(io.workingFolder, folder);
  const list = (below: string): void => {
    for (const entry of entries(path.join(root, below), folder)) {
      const name = below === "" ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) list(name);
      else if (entry.isFile() && /^[\x20-\x7e]{1,200}$/.test(name)) names.push(name);
      else throw doesNotBelong(name);
      if (names.length > maxDossierFiles)
        throw malformedInput("dossier-malformed", `${folder} has too many files`, "name the folder of a dossier");
    }
  };
  list("");
  let left = maxDossierBytes;
  for (const name of names) {
    const bytes = await readWhole(io, path.join(folder, name), "what is left for this dossier", left);
    files.set(name, bytes);
    left -= bytes.length;
  }
  return files;
}

function entries(folder: string, shown: string): ReturnType<typeof readDirectory> {
  try {
    return readDirectory(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOTDIR")
      throw unavailable("not-a-folder", `${shown} is no folder`, "name the folder that sumac sdl dossier wrote");
    throw fileFailure(error, shown);
  }
}

const readDirectory = (folder: string) => readdirSync(folder, { withFileTypes: true });

const doesNotBelong = (name: string): Failure =>
  new Failure({
    code: "dossier-file-unknown",
    problem: `${name} does not belong into a dossier`,
    remedy: "move it out of the folder, or get the dossier again",
    exit: exitCode.refused,
  });

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
