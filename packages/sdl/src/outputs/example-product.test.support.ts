import path from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import type { GateInput } from "../gate-context.ts";
import { gateInputOf } from "../node-gate-input.ts";
import { readProductFiles } from "../node-read-product.ts";
import type { ProductFiles } from "../product-model.ts";
import { type ReleasePicture, releasePicture } from "./release-picture.ts";

export const exampleFolder: string = path.resolve(import.meta.dirname, "../../../../firmware-fixtures/product-rtu");
export const noon: number = Date.parse("2026-11-23T12:00:00Z");

type Edit = (text: string) => string;

/** The example product, with single files of `.sdl/` changed as text; an edit that changes nothing is a broken test. */
async function exampleInput(edits: Readonly<Record<string, Edit>> = {}, now: number = noon): Promise<GateInput> {
  const files = new Map(await readProductFiles(exampleFolder));
  if (files.size === 0)
    throw new Error("the example product is not there: node firmware-fixtures/product-rtu/generate.ts");
  for (const [name, edit] of Object.entries(edits)) {
    const before = files.get(name);
    if (!(before instanceof Uint8Array)) throw new Error(`no file ${name}`);
    const text = new TextDecoder().decode(before);
    const after = edit(text);
    if (after === text) throw new Error(`${name} did not change`);
    files.set(name, new TextEncoder().encode(after));
  }
  return gateInputOf(exampleFolder, files as ProductFiles, { crypto: nodeCrypto, now, path: "regular" });
}

/** `release`: which one; without it the only candidate. */
export async function examplePicture(
  edits: Readonly<Record<string, Edit>> = {},
  release?: string,
): Promise<ReleasePicture> {
  const input = await exampleInput(edits);
  const picture = releasePicture(release === undefined ? input : { ...input, release });
  if (!picture.ok) throw new Error(`${picture.error.rule}: ${picture.error.about}`);
  return picture.value;
}
