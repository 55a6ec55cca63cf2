import type { EvidenceRecord } from "./evidence-record.ts";
import type { ProductModel } from "./product-model.ts";
import { sdlFolder } from "./product-model.ts";

/** Every file outside `.sdl/` that a record or a release names: their digests decide. */
export function namedFiles(model: ProductModel, records: readonly EvidenceRecord[]): readonly string[] {
  const names = new Set<string>();
  for (const { file } of model.single.product?.value.guides ?? []) names.add(file);
  for (const { value } of model.many.release.values()) {
    for (const { file } of value.images) if (file !== undefined) names.add(file);
  }
  for (const { subject, evidence } of records) {
    if (evidence.scope === "process")
      for (const { name, digest } of subject) if (digest.sha256 !== undefined) names.add(name);
  }
  return [...names].filter((name) => !name.startsWith(`${sdlFolder}/`) && isInside(name)).sort();
}

/** A record is written by whoever signs it: its names must not reach out of the folder. */
const isInside = (name: string): boolean =>
  name !== "" &&
  !name.startsWith("/") &&
  !name.includes("\\") &&
  !name.includes("\0") &&
  !name.split("/").includes("..");
