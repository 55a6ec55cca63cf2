import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { buildProduct } from "./build-product.ts";
import { people, testPerson } from "./people.ts";
import { productSource } from "./product-source.ts";

/**
 * Every file of the example product with the keys that sign it, TEST ONLY: everybody has them. The same sources give
 * the same bytes.
 */
export async function productFiles(): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = await buildProduct(productSource());
  for (const id of Object.keys(people)) {
    const { name, text } = testPerson(id).privateFile;
    files.set(`keys/${name}`, new TextEncoder().encode(text));
  }
  return files;
}

/** The folders that hold nothing else. */
export const productFolders: readonly string[] = [".sdl", "docs", "build", "keys"];

/** Writes them below `folder`; a record that is no longer made does not live on. Answers how many there are. */
export async function writeProduct(folder: string): Promise<number> {
  const files = await productFiles();
  for (const part of productFolders) rmSync(path.join(folder, part), { recursive: true, force: true });
  for (const [name, bytes] of files) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, bytes, { mode: 0o644 });
  }
  return files.size;
}
