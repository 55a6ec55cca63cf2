import { err, ok, type Result } from "@sumac/cbor";
import type { SmpMap, SmpValue } from "./body.ts";
import { imageResult, osResult, smpGroup, smpResult } from "./labels.ts";
import { printableText } from "./printable-text.ts";
import { sumacGroup, sumacResult } from "./sumac-labels.ts";

/** `mcumgr_err_t`: from here on a vendor's own. */
const firstUserError = 256;

/** A device said no. Never shown as a bare number: `name` is the group's own word for it. */
export interface DeviceError {
  readonly code: "device-error";
  /** The command that was asked, and its group. */
  readonly group: number;
  readonly command: number;
  readonly number: number;
  /** `user-defined` from 256 on; undefined = a number that nobody has named. */
  readonly name: string | undefined;
  /** What the device says about it, for people. */
  readonly reason?: string;
  /** Some servers say where they expect an upload to go on, even when they refuse. */
  readonly offset?: number;
}

/**
 * Separates success from refusal: `rc` of version 1 and of the protocol itself, `err` of version 2. A zero is success
 * in both. `group` and `command` = those of the request.
 */
export function readReply(body: SmpMap, group: number, command: number): Result<SmpMap, DeviceError> {
  const refusal = refusalOf(body, group);
  if (refusal === undefined) return ok(body);
  const reason = body["rsn"];
  const offset = body["off"];
  return err({
    code: "device-error",
    group,
    command,
    ...refusal,
    ...(typeof reason === "string" ? { reason: printableText(reason) } : {}),
    ...(typeof offset === "number" && offset >= 0 ? { offset } : {}),
  });
}

function refusalOf(body: SmpMap, group: number): Pick<DeviceError, "number" | "name"> | undefined {
  const inner = body["err"];
  if (isMap(inner)) {
    const number = resultNumber(inner["rc"]);
    const of = typeof inner["group"] === "number" ? inner["group"] : group;
    return number === 0 ? undefined : { number, name: groupResults[of]?.[number] ?? unnamed(number) };
  }
  if (body["rc"] === undefined) return undefined;
  const number = resultNumber(body["rc"]);
  return number === 0 ? undefined : { number, name: smpResult[number] ?? unnamed(number) };
}

const unnamed = (number: number): string | undefined => (number >= firstUserError ? "user-defined" : undefined);

/** What is there and is no number is no success either. */
const resultNumber = (value: SmpValue | undefined): number => (typeof value === "number" ? value : 1);

const groupResults: Readonly<Record<number, readonly string[]>> = {
  [smpGroup.os]: osResult,
  [smpGroup.image]: imageResult,
  [sumacGroup]: sumacResult,
};

export const isMap = (value: SmpValue | undefined): value is SmpMap =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
