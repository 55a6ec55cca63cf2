// Writes the example product again: node firmware-fixtures/product-rtu/generate.ts [FOLDER]
// TEST ONLY: everybody has the keys that sign it. The same sources give the same bytes.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { buildProduct } from "./build-product.ts";
import { people, testPerson } from "./people.ts";
import { productSource } from "./product-source.ts";

const folder = path.resolve(process.argv[2] ?? import.meta.dirname);
const files = await buildProduct(productSource());
for (const id of Object.keys(people)) {
  const { name, text } = testPerson(id).privateFile;
  files.set(`keys/${name}`, new TextEncoder().encode(text));
}
// A record that is no longer made must not live on.
for (const part of [".sdl", "docs", "build", "keys"]) rmSync(path.join(folder, part), { recursive: true, force: true });
for (const [name, bytes] of files) {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, bytes);
}
console.log(`${files.size} files in ${path.relative(process.cwd(), folder) || "."}`);
