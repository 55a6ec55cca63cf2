import type { Grammar } from "./grammar.ts";

/**
 * A document beside the core, as the code that understands it: a parser is given the value, so that a program that names
 * no extension carries none. Without it the numbers of the document are `unsupported`.
 */
export interface Extension extends Partial<Grammar> {
  readonly name: "trust-domains" | "update-management-14" | "firmware-encryption";
  /** What a dump names as the document it reads by. */
  readonly draft: string;
}
