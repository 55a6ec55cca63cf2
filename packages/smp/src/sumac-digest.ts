import type { AnswerFields } from "./answer-fields.ts";
import type { SmpValue } from "./body.ts";

/** A digest as manifests write it: `[algorithm, bytes]`, the algorithm by its COSE number (SHA-256 is -16). */
export interface SumacDigest {
  readonly algorithm: number;
  readonly bytes: Uint8Array;
}

export const writeDigest = ({ algorithm, bytes }: SumacDigest): SmpValue => [algorithm, bytes];

const longestDigest = 64;

export function readDigest(fields: AnswerFields, name: string): SumacDigest {
  const [algorithm, bytes, more] = fields.items(name, (item) => item);
  if (typeof algorithm !== "number" || !(bytes instanceof Uint8Array) || more !== undefined) return fields.refuse(name);
  return bytes.length > longestDigest ? fields.refuse(name) : { algorithm, bytes };
}
