import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { bytesToHex } from "@sumac/crypto";
import { formatVector, type Layer } from "../../firmware-fixtures/vectors-source/vector-file.ts";

/** A finding as it crosses from the process, or as it is read from the file that a hanging process leaves behind. */
export interface FoundInput {
  readonly layer: Layer;
  readonly name: string;
  readonly context?: string;
  readonly what: string;
  readonly fault: string;
  readonly bytes: Uint8Array;
}

/** Writes a finding as a vector whose verdict somebody has to decide. Returns the file. */
export function writeFinding(folder: string, { layer, name, context, what, fault, bytes }: FoundInput): string {
  const words = name.replaceAll(/[^a-z0-9]+/g, "-");
  const end = bytesToHex(bytes.subarray(-4));
  const file = path.join(folder, `${layer}-${words}-${bytes.length}-${end}.vector`);
  mkdirSync(folder, { recursive: true });
  const vector = {
    layer,
    name: words,
    expect: { verdict: "reject", code: "to-be-decided" },
    headers: { base: words, ...(context === undefined ? {} : { context }), comment: oneLine(`${what}: ${fault}`) },
    bytes,
  } as const;
  writeFileSync(file, formatVector(vector));
  return file;
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ").trim().slice(0, 500);
