import { createHash } from "node:crypto";
import { bytesToHex } from "@sumac/crypto";
import { type EvidenceSigner, explain, type GateReport, judgeGate, sealGateReport } from "@sumac/sdl";
import type { NewFile } from "../atomic-file.ts";
import type { Arguments, Option } from "../command.ts";
import { exitCode } from "../exit-code.ts";
import { Failure } from "../failure.ts";
import type { Io } from "../io.ts";
import { readManifestPayloads } from "../manifest-payloads.ts";
import { version } from "../version.ts";
import { gateInput, releaseOption } from "./product-folder.ts";

/** The options of a command that signs only what passed the gate. */
export const gateOptions: readonly Option[] = [
  {
    name: "product",
    value: "folder",
    summary: "sign only if the SDL gate of this product passes; writes its report beside",
  },
  releaseOption,
  { name: "emergency", summary: "postpone what is lacking in that gate, if two people approved it" },
];

/** A gate that let the envelope through. */
export interface PassedGate {
  readonly report: GateReport;
  /** The signed report, ready to be written beside the envelope. */
  readonly file: NewFile;
  readonly sha256: string;
}

/** Undefined when no product was named; a red gate, or one of other images, ends the command before anything is signed. */
export async function requireGate(
  envelope: Uint8Array,
  out: string,
  signers: readonly EvidenceSigner[],
  given: Arguments,
  io: Io,
): Promise<PassedGate | undefined> {
  if (given.option("product") === undefined) return undefined;
  const report = judgeGate(await gateInput(given, io, given.flag("emergency") === "given" ? "emergency" : "regular"));
  refuseRedGate(report);
  refuseForeignImages(envelope, report);
  const bytes = await sealGateReport(report, { name: "sumac", version }, signers);
  // Signing again adds a signature to the envelope; the report of that moment takes the place of the earlier one.
  return {
    report,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    file: { name: `${out}.gate.dsse.json`, bytes, ifExists: "replace" },
  };
}

/** Ends the command unless the gate let the release through. */
export function refuseRedGate(report: GateReport): void {
  const [first] = report.findings;
  if (report.verdict === "fail") {
    const { problem, remedy } =
      first === undefined ? { problem: "rows are red", remedy: "see sumac sdl gate" } : explain(first);
    const more = report.findings.length > 1 ? ` (and ${report.findings.length - 1} more: sumac sdl gate)` : "";
    throw new Failure({
      code: first?.rule ?? "gate-red",
      problem: `the gate is red: ${problem}${more}`,
      remedy,
      exit: exitCode.refused,
    });
  }
}

/** Ends the command when the gate judged other images than the envelope holds. */
export function refuseForeignImages(envelope: Uint8Array, report: GateReport): void {
  const named = readManifestPayloads(envelope).digests.map(({ bytes }) => bytesToHex(bytes));
  const judged = report.images.map(({ sha256 }) => sha256);
  const foreign = [
    ...named.filter((digest) => !judged.includes(digest)),
    ...judged.filter((digest) => !named.includes(digest)),
  ][0];
  if (foreign !== undefined) {
    throw new Failure({
      code: "gate-of-other-images",
      problem: `the gate judged other images than the envelope holds: ${foreign.slice(0, 12)}`,
      remedy: `build the envelope from the images of ${report.release}, or name the release with --release`,
      exit: exitCode.refused,
    });
  }
}
