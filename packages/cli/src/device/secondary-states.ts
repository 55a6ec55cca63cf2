import { existsSync } from "node:fs";
import path from "node:path";
import type { SecondaryStatus } from "@sumac/device";
import { writeFileAtomically } from "../atomic-file.ts";
import { readWhole } from "../bound-read.ts";
import { malformedInput } from "../failure.ts";
import type { Io } from "../io.ts";
import { jsonText } from "../json-output.ts";

/** A device at a serial port of a gateway, as the gateway last saw it. */
export interface SecondaryFacts {
  readonly name: string;
  readonly controllerId: string;
  readonly port: string;
  readonly personality: "sumac" | "mcuboot";
  readonly state: SecondaryStatus["state"];
  /** Why it is unreachable. */
  readonly code?: string;
  readonly manifest?: string | undefined;
  readonly floor?: bigint | number | string;
  readonly sending?: { readonly done: number; readonly total: number };
}

const statesFile = "secondaries.json";
const mostBytes = 262_144;

export function writeSecondaries(io: Io, folder: string, secondaries: readonly SecondaryFacts[]): void {
  const bytes = new TextEncoder().encode(jsonText({ secondaries }));
  writeFileAtomically(io, { name: path.join(folder, statesFile), bytes, ifExists: "replace" });
}

/** Undefined: it has none, or its agent has not run yet. Nothing but a person believes what stands there. */
export async function readSecondaries(io: Io, folder: string): Promise<readonly SecondaryFacts[] | undefined> {
  const file = path.join(folder, statesFile);
  if (!existsSync(path.resolve(io.workingFolder, file))) return undefined;
  const bytes = await readWhole(io, file, "the states of secondaries", mostBytes);
  try {
    const { secondaries } = JSON.parse(new TextDecoder().decode(bytes)) as { secondaries?: unknown };
    if (Array.isArray(secondaries) && secondaries.every(isFacts)) return secondaries;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw malformedInput(
    "device-folder-damaged",
    `${file} does not describe secondaries`,
    "remove it; the agent writes it",
  );
}

function isFacts(value: unknown): value is SecondaryFacts {
  const { name, controllerId, port, state } = (value ?? {}) as Record<string, unknown>;
  return [name, controllerId, port, state].every((each) => typeof each === "string");
}
