import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

/** The folder of public test vectors beside the checkout; they are read from there and never become part of the project. */
export function sharedVectors(name: string): { readonly folder: string; readonly absent: boolean } {
  const folder = path.join(root, "..", "shared", "vectors", name);
  const absent = !existsSync(folder);
  if (absent)
    console.warn(
      `skipped: the public vectors are not beside this checkout (${path.join("..", "shared", "vectors", name)})`,
    );
  return { folder, absent };
}
