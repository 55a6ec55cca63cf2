import { type Malformed, refuse } from "@sumac/cbor";

/** `unsupported` carries the number that is not known: an algorithm, a header label, a kind of key or a curve. */
export type EncryptRefusal =
  | Malformed
  | { readonly code: "unsupported"; readonly field: string; readonly offset: number; readonly label: number };

/** Unwinds a reader that runs inside `attempt`. */
export const refuseUnsupported: (label: number, field: string, offset: number) => never = (label, field, offset) =>
  refuse({ code: "unsupported", field, offset, label } satisfies EncryptRefusal);
