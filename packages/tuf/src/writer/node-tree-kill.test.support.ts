/** Publishes one prepared state after the other until it is killed. Run by `node-tree-kill.test.ts`. */
import { readFileSync } from "node:fs";
import { writeTree } from "./node-tree.ts";
import type { PublishStep } from "./publish-steps.ts";

const [tree = "", prepared = "", from = "0"] = process.argv.slice(2);
type Prepared = (Omit<PublishStep, "bytes"> & { readonly bytes: string })[][];
const publications = JSON.parse(readFileSync(prepared, "utf8")) as Prepared;

process.stdout.write("running\n");
for (const [index, steps] of publications.entries()) {
  if (index < Number(from)) continue;
  writeTree(
    tree,
    steps.map((step) => ({ ...step, bytes: new Uint8Array(Buffer.from(step.bytes, "base64")) })),
  );
  process.stdout.write(`${index}\n`);
}
process.stdout.write("done\n");
