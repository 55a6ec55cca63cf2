import { existsSync, openSync, readFileSync, writeSync } from "node:fs";
import { concatBytes } from "@sumac/crypto";
import type { Layer } from "../../firmware-fixtures/vectors-source/vector-file.ts";
import type { Damage, Subject } from "./subject.ts";

/**
 * What a fuzzing process is busy with, in a file that another one can read while it hangs and after it died: a number
 * that grows with every execution, and the input of the last one behind lines that say what it is.
 */
export interface WatchedInput {
  readonly executions: number;
  readonly layer: Layer;
  readonly name: string;
  readonly context?: string;
  readonly what: string;
  readonly bytes: Uint8Array;
}

const headerLength = 12;

/** Opens the file once; each call replaces what it says in one write. */
export function inputWriter(file: string): (subject: Subject, damage: Damage) => void {
  const descriptor = openSync(file, "w");
  let executions = 0;
  return ({ layer, name, context = "" }, { what, bytes }) => {
    executions += 1;
    const words = new TextEncoder().encode([layer, name, context, what].join("\n"));
    const header = new DataView(new ArrayBuffer(headerLength));
    for (const [i, value] of [executions, words.length, bytes.length].entries()) header.setUint32(4 * i, value);
    writeSync(descriptor, concatBytes(new Uint8Array(header.buffer), words, bytes), 0, null, 0);
  };
}

/** Undefined before the first execution. */
export function readInput(file: string): WatchedInput | undefined {
  const content = existsSync(file) ? new Uint8Array(readFileSync(file)) : new Uint8Array();
  if (content.length < headerLength) return undefined;
  const header = new DataView(content.buffer, content.byteOffset, headerLength);
  const [executions, wordsLength, length] = [0, 4, 8].map((at) => header.getUint32(at)) as [number, number, number];
  const words = content.subarray(headerLength, headerLength + wordsLength);
  const [layer = "suit", name = "", context = "", what = ""] = new TextDecoder().decode(words).split("\n");
  const bytes = content.subarray(headerLength + wordsLength, headerLength + wordsLength + length);
  return { executions, layer: layer as Layer, name, ...(context === "" ? {} : { context }), what, bytes };
}
