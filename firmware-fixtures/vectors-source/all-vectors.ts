import { cborAccepted } from "./cbor-accept.ts";
import { cborRejected } from "./cbor-reject.ts";
import { coseAccepted } from "./cose-accept.ts";
import { encryptAccepted, encryptRejected } from "./cose-encrypt.ts";
import { coseRejected } from "./cose-reject.ts";
import { suitAccepted } from "./suit-accept.ts";
import { suitRejected } from "./suit-reject.ts";
import { formatVector, type Vector, vectorPath } from "./vector-file.ts";

const allVectors: readonly Vector[] = [
  ...cborAccepted,
  ...cborRejected,
  ...coseAccepted,
  ...coseRejected,
  ...encryptAccepted,
  ...encryptRejected,
  ...suitAccepted,
  ...suitRejected,
];

/** Every vector file by its path below `firmware-fixtures/vectors`. */
export function vectorFiles(): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const vector of allVectors) {
    const path = vectorPath(vector);
    if (files.has(path)) throw new RangeError(`two vectors are called ${path}`);
    files.set(path, formatVector(vector));
  }
  return files;
}
