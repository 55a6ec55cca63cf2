import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { type Layer, layers, parseVector, type Vector } from "../../firmware-fixtures/vectors-source/vector-file.ts";

export const vectorFolder: string = path.resolve(import.meta.dirname, "../../firmware-fixtures/vectors");

const extension = ".vector";

/** The vectors of a layer as they are committed, by folder and name. */
export function readVectors(layer: Layer): readonly Vector[] {
  return (["accept", "reject"] as const).flatMap((verdict) => {
    const folder = path.join(vectorFolder, layer, verdict);
    return readdirSync(folder)
      .sort()
      .map((file) => {
        if (!file.endsWith(extension)) throw new Error(`${file} is no vector`);
        const name = file.slice(0, -extension.length);
        const vector = parseVector(layer, name, readFileSync(path.join(folder, file), "utf8"));
        if (vector.expect.verdict !== verdict) throw new Error(`${file} stands in the wrong folder`);
        return vector;
      });
  });
}

export const allVectors = (): readonly Vector[] => layers.flatMap(readVectors);
