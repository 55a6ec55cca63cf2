import { isDeepStrictEqual } from "node:util";
import { lineRoleName, type PlainJson } from "@sumac/tuf";
import {
  changeLine,
  findDelegation,
  placeRelease,
  publishSteps,
  targetFilePath,
  type WireTarget,
  type WireTargets,
} from "@sumac/tuf/writer";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { readEnvelopeFile } from "../envelope-file.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { type Failure, usage } from "../failure.ts";
import { parseUnsigned } from "../option-values.ts";
import { baseOf, beginCeremony, openCeremony } from "../repo/ceremony.ts";
import { bring } from "../repo/published-tree.ts";
import { releaseTarget, segmentOf } from "../repo/release-target.ts";
import { Repository } from "../repo/repository.ts";
import { tellPrepared } from "../repo/tell-ceremony.ts";
import { orTell } from "../repo/writing-failure.ts";
import { gateReportFile } from "../sdl/gate-report-file.ts";

export const repoReleaseAdd: Command = {
  name: "repo release add",
  summary: "list a signed envelope among the releases of its product line",
  operands: [
    { name: "folder", summary: "the repository" },
    { name: "envelope", summary: "the envelope (.suit), signed by as many of the line's keys as it needs" },
  ],
  options: [
    { name: "line", value: "name", use: "required", summary: "product line that releases it" },
    { name: "model", value: "name", summary: "default: the model that the envelope names" },
    { name: "version", value: "text", summary: "default: the version that the envelope names" },
    {
      name: "gate-report",
      value: "file",
      summary: "signed gate report whose digest is listed too (default: ENVELOPE.gate.dsse.json, if it is there)",
    },
    { name: "year", value: "n", summary: "of a line that was split: default this year" },
  ],
  notes: [
    "The target is LINE/MODEL/VERSION.suit, of a split line LINE/MODEL-YEAR/VERSION.suit.",
    "The line's keys have to sign the list: sumac repo sign, then sumac repo combine.",
  ],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const repository = await Repository.open(io, given.operand("folder"));
  const name = given.operand("envelope");
  const bytes = await readEnvelopeFile(io, name);
  const line = given.required("line");
  const targets = repository.needTargets();
  // Whose keys have to have signed the envelope does not depend on model and version.
  const whole = orTell(findDelegation(targets.wire, lineRoleName(line)));
  const delegation = targets.metadata.delegations.find((role) => role.name === whole.name);
  if (delegation === undefined) throw new Error(`${whole.name} is in one form of the file and not in the other`);
  const release = releaseTarget(bytes, line, delegation);
  const model = segmentOf(given.option("model") ?? needText(release.model, "model"));
  const version = segmentOf(given.option("version") ?? needText(release.version, "version"));
  const year = Number(parseUnsigned("year", given.option("year") ?? String(new Date().getUTCFullYear()), 2000n, 9999n));
  const { role, path } = orTell(placeRelease(targets.wire, { line, model, year, version }));
  if (repository.settings.withdrawn.has(path)) throw withdrawnBefore(path);
  const gateReport = gateReportFile(io, name, given);
  const custom: Record<string, PlainJson> = { ...release.custom };
  if (gateReport !== undefined) {
    // Loaded by who has one alone: the rules of the SDL are large.
    const { listedGateReport } = await import("../sdl/listed-gate-report.ts");
    custom["gate_report"] = await listedGateReport(io, gateReport, bytes, delegation);
  }
  const change = { delegation: role, add: [{ path, bytes, custom }], withdraw: [] };
  const draftedBefore = (await openCeremony(repository, role.name))?.request;
  const alone = orTell(changeLine(undefined, change, repository.context())).targets[path];
  if (alone === undefined) throw new Error("a target that was added is not there");
  const file = targetFilePath(path, alone);
  if (draftedBefore !== undefined && isListed(draftedBefore.draft as WireTargets, path, alone)) {
    const ceremony = await openCeremony(repository, role.name);
    terminal.line(`${path} is in the draft already`);
    tellPrepared(ceremony === undefined ? [] : [ceremony], terminal);
    return exitCode.ok;
  }
  const base = await baseOf(repository, role.name, repository.targets(role.name)?.wire);
  const draft = orTell(changeLine(base, change, repository.context()));
  // Nobody asks for it until a role lists it.
  bring(repository.folder, publishSteps([], [{ path: file, bytes }]));
  tellPrepared([await beginCeremony(repository, role.name, draft)], terminal);
  return exitCode.ok;
}

const withdrawnBefore = (path: string): Failure =>
  usage("target-withdrawn", `${path} was withdrawn; a name never comes back`, "give the release another version");

const isListed = ({ targets }: WireTargets, path: string, wanted: WireTarget): boolean => {
  const listed = targets[path];
  const same = listed?.hashes.sha256 === wanted.hashes.sha256;
  return same && isDeepStrictEqual(listed.custom?.["gate_report"], wanted.custom?.["gate_report"]);
};

function needText(text: string | undefined, option: "model" | "version"): string {
  if (text !== undefined && segmentOf(text) !== "") return text;
  throw usage("missing-option", `the envelope names no ${option}`, `give it with --${option}`);
}
