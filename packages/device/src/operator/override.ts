import { err, ok, type Result } from "@sumac/cbor";
import { bytesToHex, hexToBytes } from "@sumac/crypto";
import type { Operations } from "@sumac/verifier";
import { count, firstMisfit, object, text } from "../statement/json-form.ts";

/**
 * What a supervisor may set aside for one update (CR 2.1 RE 3). Nothing that the verifier refuses is among them: a floor, a
 * signature and the plant's approval by key stand whatever anybody says at the device.
 */
export const overridableBars = ["window", "consent", "interlock"] as const;
export type OverridableBar = (typeof overridableBars)[number];

/** A supervisor's word that one update may go on, given at the device. */
export interface Override {
  /** 16 random bytes, hex: an override is used once. */
  readonly id: string;
  readonly manifestDigest: Uint8Array;
  readonly by: string;
  readonly reason: string;
  /** Seconds since 1970. */
  readonly from: bigint;
  readonly until: bigint;
}

/** What the configuration of the device allows. */
export interface OverrideRules {
  /** Who may override. */
  readonly by: readonly string[];
  readonly longestSeconds: bigint;
  /** The interlock is set aside only where it is named here. */
  readonly lifts: readonly OverridableBar[];
}

/** One that counts now. */
export interface ActiveOverride extends Override {
  readonly lifts: readonly OverridableBar[];
}

export type OverrideRefusal =
  /** Not of the form that is written, or in a file that others may write. */
  | { readonly code: "override-unreadable" }
  /** The configuration does not name this person, or nobody. */
  | { readonly code: "override-not-allowed"; readonly by: string }
  | { readonly code: "override-too-long"; readonly seconds: bigint; readonly longest: bigint }
  /** Nobody knows when it would end. */
  | { readonly code: "override-time-unknown" }
  | { readonly code: "override-not-begun"; readonly from: bigint; readonly now: bigint }
  | { readonly code: "override-expired"; readonly until: bigint; readonly now: bigint }
  /** It has brought one restart about. */
  | { readonly code: "override-spent" }
  /** What was used before cannot be read or written, so that no override can be known to be unused. */
  | { readonly code: "override-ledger-damaged" };

/** Bytes. */
export const maxOverrideBytes = 2048;

/** Printable, so that it can stand in a log and on a screen as it is. */
export const overrideName: RegExp = /^[\x21-\x7e](?:[\x20-\x7e]{0,62}[\x21-\x7e])?$/;
export const overrideReason: RegExp = /^[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?$/;

/** Of a supervisor's clock against the device's. */
const toleranceSeconds = 300n;

const form = object({
  override: count,
  id: text(/^[0-9a-f]{32}$/),
  manifestDigest: text(/^(?:[0-9a-f]{2}){32,64}$/),
  by: text(overrideName),
  reason: text(overrideReason),
  from: count,
  until: count,
});

const formNumber = 1;

export function serializeOverride({ manifestDigest, from, until, ...rest }: Override): Uint8Array {
  const { id, by, reason } = rest;
  const digest = bytesToHex(manifestDigest);
  const file = {
    override: formNumber,
    id,
    manifestDigest: digest,
    by,
    reason,
    from: Number(from),
    until: Number(until),
  };
  return new TextEncoder().encode(`${JSON.stringify(file, null, 2)}\n`);
}

/** The inverse, strict; undefined for anything else. */
export function parseOverride(bytes: Uint8Array): Override | undefined {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
  if (firstMisfit(form, value) !== undefined) return undefined;
  const { override, id, manifestDigest, by, reason, from, until } = value as Readonly<Record<string, string | number>>;
  if (override !== formNumber) return undefined;
  return {
    id: String(id),
    manifestDigest: hexToBytes(String(manifestDigest)),
    by: String(by),
    reason: String(reason),
    from: BigInt(from ?? 0),
    until: BigInt(until ?? 0),
  };
}

/** Whether it counts at this moment by the device's trusted time. Pure. */
export function judgeOverride(
  override: Override,
  rules: OverrideRules | undefined,
  { now, spent }: { readonly now: bigint | undefined; readonly spent: readonly string[] },
): Result<ActiveOverride, OverrideRefusal> {
  const { id, by, from, until } = override;
  if (rules === undefined || !rules.by.includes(by)) return err({ code: "override-not-allowed", by });
  if (spent.includes(id)) return err({ code: "override-spent" });
  const seconds = until - from;
  if (seconds > rules.longestSeconds) {
    return err({ code: "override-too-long", seconds, longest: rules.longestSeconds });
  }
  if (now === undefined) return err({ code: "override-time-unknown" });
  if (now + toleranceSeconds < from) return err({ code: "override-not-begun", from, now });
  if (now >= until) return err({ code: "override-expired", until, now });
  return ok({ ...override, lifts: rules.lifts });
}

/** What of the plant's answer stands in the way and would be set aside. */
export const liftedBars = (plant: Operations, lifts: readonly OverridableBar[]): readonly OverridableBar[] =>
  barsOf(plant).filter((bar) => lifts.includes(bar));

export const barsOf = ({ window, interlock }: Operations): readonly OverridableBar[] => [
  ...(window === "closed" ? (["window"] as const) : []),
  ...(interlock === "engaged" ? (["interlock"] as const) : []),
];

/** What the plant says with these set aside. */
export const liftedOperations = (plant: Operations, lifts: readonly OverridableBar[]): Operations => ({
  window: lifts.includes("window") ? "open" : plant.window,
  interlock: lifts.includes("interlock") ? "clear" : plant.interlock,
});
