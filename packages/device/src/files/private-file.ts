import type { FileFacts, FileSystem } from "./file-system.ts";

/** Whether this file can be believed to be what was written: a plain one with one name, which nobody else may change. */
export const isPrivateFile = (facts: FileFacts): boolean =>
  facts.kind === "file" && facts.links === 1 && facts.access === "private";

/** The whole file; undefined = nothing of at most `limit` bytes is there that is a private file. */
export async function readPrivateFile(files: FileSystem, path: string, limit: number): Promise<Uint8Array | undefined> {
  const seen = await files.facts(path);
  if (seen === undefined || !isPrivateFile(seen)) return undefined;
  const file = await files.open(path, "read");
  try {
    const { size } = file.facts;
    if (!isPrivateFile(file.facts) || size > limit) return undefined;
    const bytes = new Uint8Array(size);
    return (await file.read(0, bytes)) === size ? bytes : undefined;
  } finally {
    await file.close();
  }
}

/** The file appears under its name only when it is whole, and is safe when this returns. */
export async function replacePrivateFile(
  files: FileSystem,
  folder: string,
  name: string,
  bytes: Uint8Array,
): Promise<void> {
  const path = `${folder}/${name}`;
  await writePrivateFile(files, unnamed(path), bytes);
  await takeName(files, unnamed(path), path);
  await files.syncFolder(folder);
}

/** Where a file stands until it is whole. */
export const unnamed = (path: string): string => `${path}.new`;

/** Gives what was made its name. What stood there is replaced by that, but for a folder, which would stop it. */
export async function takeName(files: FileSystem, made: string, path: string): Promise<void> {
  if ((await files.facts(path))?.kind === "folder") await files.remove(path);
  await files.rename(made, path);
}

/** A new file with this content, safe but for its name: `syncFolder` makes that so. What stood there is removed. */
export async function writePrivateFile(files: FileSystem, path: string, bytes: Uint8Array): Promise<void> {
  await files.remove(path);
  const file = await files.open(path, "create");
  try {
    await file.write(0, bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}
