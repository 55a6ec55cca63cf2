import { lstat, readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { kindOfFile } from "./file-kinds.ts";
import { type ProductFiles, sdlFolder } from "./product-model.ts";

/** More files than any product; a link loop or a wrong folder must not fill the memory. */
const maxFiles = 20_000;
const maxFileBytes = 32 * 1024 * 1024;
/** Of all files together. */
const maxTotalBytes = 512 * 1024 * 1024;

/**
 * All files below `FOLDER/.sdl` that are wanted, or undefined where there is no such folder. Links below it are not
 * followed. What is not wanted is as if it were not there: never for a gate.
 */
export async function readProductFiles(
  folder: string,
  wanted: (path: string) => boolean = () => true,
): Promise<ProductFiles | undefined> {
  const root = path.join(folder, sdlFolder);
  const present = await stat(root).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!present) return undefined;
  const names: string[] = [];
  await list(root, "", names);
  const overflow = names.length > maxFiles;
  const needed = names.filter(wanted);
  const files = new Map<string, Uint8Array | { readonly unreadable: string }>();
  if (overflow)
    return new Map(names.slice(0, 1).map((name) => [name, { unreadable: `one of more than ${maxFiles} files` }]));
  let total = 0;
  for (let at = 0; at < needed.length; at += 64) {
    const part = needed.slice(at, at + 64);
    const read = await Promise.all(part.map((name) => readOne(path.join(root, name))));
    part.forEach((name, index) => {
      const found = read[index] ?? { unreadable: "not read" };
      total += found instanceof Uint8Array ? found.length : 0;
      files.set(name, total > maxTotalBytes ? { unreadable: `over ${maxTotalBytes} bytes in all` } : found);
    });
  }
  return files;
}

async function list(root: string, below: string, into: string[]): Promise<void> {
  for (const entry of await readdir(path.join(root, below), { withFileTypes: true })) {
    const name = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory() && !isFileName(name)) await list(root, name, into);
    else if (!entry.name.startsWith(".")) into.push(name);
    if (into.length > maxFiles) return;
  }
}

/** A folder called `issues/RTU-1.yaml` is a file that cannot be read, not one that is not there. */
const isFileName = (name: string): boolean => !["data", undefined].includes(kindOfFile(name));

async function readOne(file: string): Promise<Uint8Array | { readonly unreadable: string }> {
  try {
    const found = await lstat(file);
    // A link could lead to a file that nobody reviewed, or to a pipe that never ends.
    if (!found.isFile()) return { unreadable: "not a regular file" };
    const { size } = found;
    if (size > maxFileBytes) return { unreadable: `${size} bytes` };
    return new Uint8Array(await readFile(file));
  } catch (error) {
    return { unreadable: (error as NodeJS.ErrnoException).code ?? "unknown fault" };
  }
}
