import { lstat, readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { type ProductFiles, sdlFolder } from "./product-model.ts";

/** More files than any product; a link loop or a wrong folder must not fill the memory. */
const maxFiles = 20_000;
const maxFileBytes = 32 * 1024 * 1024;

/** All files below `FOLDER/.sdl`, or undefined where there is no such folder. Links are not followed. */
export async function readProductFiles(folder: string): Promise<ProductFiles | undefined> {
  const root = path.join(folder, sdlFolder);
  const present = await stat(root).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!present) return undefined;
  const names: string[] = [];
  await list(root, "", names);
  const files = new Map<string, Uint8Array | { readonly unreadable: string }>();
  for (let at = 0; at < names.length; at += 64) {
    const part = names.slice(at, at + 64);
    const read = await Promise.all(part.map((name) => readOne(path.join(root, name))));
    part.forEach((name, index) => {
      files.set(name, read[index] as Uint8Array);
    });
  }
  return files;
}

async function list(root: string, below: string, into: string[]): Promise<void> {
  for (const entry of await readdir(path.join(root, below), { withFileTypes: true })) {
    const name = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) await list(root, name, into);
    else if (!entry.name.startsWith(".")) into.push(name);
    if (into.length > maxFiles) throw new Error(`more than ${maxFiles} files below ${root}`);
  }
}

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
