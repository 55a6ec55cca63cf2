import type { Malformed, Result } from "@sumac/cbor";
import * as cbor from "@sumac/cbor";
import type { Limits } from "./limits.ts";
import type { SeverableName } from "./manifest.ts";

export { refuseMalformed } from "@sumac/cbor";

/**
 * Why a SUIT structure is refused. Offsets count from the start of the outermost file.
 * `unsupported` carries the number that is not known here: a key, command, parameter, algorithm, policy or version.
 */
export type SuitRefusal =
  | Malformed
  | { readonly code: "too-large"; readonly size: number; readonly limit: number }
  | { readonly code: "unsupported"; readonly field: string; readonly offset: number; readonly label: number }
  | { readonly code: "limit-exceeded"; readonly limit: string; readonly offset: number }
  | { readonly code: "member-unauthenticated"; readonly member: SeverableName; readonly offset: number };

/**
 * Why the severed members of an envelope do not belong to its manifest, or do not suffice. Which members may be absent
 * depends on the procedure, so `severed-member-missing` is for whoever runs one.
 */
export type SeveredRefusal =
  | { readonly code: "severed-member-mismatch"; readonly member: SeverableName; readonly offset: number }
  | { readonly code: "severed-member-missing"; readonly member: SeverableName };

/** `refuse` and `attempt` of `@sumac/cbor`, with the refusals of this package. */
export const refuse: (refusal: SuitRefusal | SeveredRefusal) => never = cbor.refuse;

export const attempt = <T>(parse: () => T): Result<T, SuitRefusal> => cbor.attempt(parse);

export const refuseUnsupported = (field: string, offset: number, label: number): never =>
  refuse({ code: "unsupported", field, offset, label });

export const refuseOverLimit = (limit: keyof Limits, offset: number): never =>
  refuse({ code: "limit-exceeded", limit, offset });
