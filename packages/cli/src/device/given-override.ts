import path from "node:path";
import { bytesToHex } from "@sumac/crypto";
import { type Override, overrideFile, parseOverride, readOverrideLedger } from "@sumac/device";
import { nodeFileSystem } from "@sumac/device/node";
import { utcTime } from "@sumac/suit";
import { readBounded } from "../bound-read.ts";
import type { Io } from "../io.ts";
import type { Jsonable } from "../json-output.ts";
import { kindOf } from "./log-place.ts";

/** The override that lies in a device's folder; whether it counts is the agent's to say. */
export interface GivenOverride {
  readonly override: Override;
  /** As far as it can be seen from here. */
  readonly state: "given" | "expired" | "spent";
}

const mostBytes = 2048;

export async function readGivenOverride(io: Io, folder: string, now: bigint): Promise<GivenOverride | undefined> {
  const name = path.join(folder, overrideFile);
  if (kindOf(io, name) !== "file") return undefined;
  const override = parseOverride((await readBounded(io, name, mostBytes)).bytes);
  if (override === undefined) return undefined;
  const ledger = await readOverrideLedger(nodeFileSystem, path.resolve(io.workingFolder, folder));
  const isSpent = ledger !== "damaged" && ledger.spent.includes(override.id);
  return { override, state: isSpent ? "spent" : now >= override.until ? "expired" : "given" };
}

export const describeOverride = ({ override, state }: GivenOverride): string => {
  const { by, until, reason, manifestDigest } = override;
  return `override ${state}: by ${by}, until ${utcTime(until)}, for ${bytesToHex(manifestDigest)}: ${reason}`;
};

export const overrideJson = (given: GivenOverride | undefined): Jsonable =>
  given === undefined ? null : { state: given.state, ...given.override };
