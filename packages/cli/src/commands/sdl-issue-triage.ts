import {
  cvssClass,
  editYaml,
  type Issue,
  type SeverityClass,
  severityClasses,
  type VexState,
  type YamlEdit,
} from "@sumac/sdl";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { usage } from "../failure.ts";
import { parseChoice } from "../option-values.ts";
import { productOption, readSdlFile, writeSdlFile } from "../sdl/product-folder.ts";

export const sdlIssueTriage: Command = {
  name: "sdl issue triage",
  summary: "rate an issue and decide what is done about it",
  operands: [{ name: "id", summary: "name of the issue" }],
  options: [
    productOption,
    { name: "cvss", value: "vector", summary: "CVSS 4.0 vector; gives the severity unless --severity is higher" },
    { name: "severity", value: "class", summary: "critical, high, medium or low" },
    { name: "exploited", value: "word", summary: "yes, no or unknown" },
    {
      name: "version",
      value: "v=state",
      use: "repeatable",
      summary: "VEX state of a version: affected, not_affected, fixed, under_investigation",
    },
    { name: "justification", value: "word", summary: "why a version is not affected" },
    { name: "decision", value: "word", summary: "fix, mitigate, accept, defer, not-a-vulnerability" },
    { name: "by", value: "person", summary: "who decides, as in roles.yaml" },
    { name: "rationale", value: "text", summary: "why" },
  ],
  run,
};

const decisions = ["fix", "mitigate", "accept", "defer", "not-a-vulnerability"] as const;
const states = ["under_investigation", "affected", "not_affected", "fixed"] as const;
const justifications = [
  "component_not_present",
  "vulnerable_code_not_present",
  "vulnerable_code_not_in_execute_path",
  "vulnerable_code_cannot_be_controlled_by_adversary",
  "inline_mitigations_already_exist",
] as const;

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const id = given.operand("id");
  const name = `issues/${id}.yaml`;
  const { text, parsed } = await readSdlFile(given, io, name, "issue");
  const edits = [...rating(given, parsed.value), ...versions(given), ...decision(given, parsed.value)];
  const file = writeSdlFile(given, io, name, "issue", editYaml(text, edits), "replace");
  const { parsed: after } = await readSdlFile(given, io, name, "issue");
  const { severity, state, exploited } = after.value;
  terminal.json({ file, id, severity, state, exploited });
  terminal.line(
    `${id}: ${severity}, ${state}${exploited === "yes" ? ", exploited: see sumac sdl issue clock for reports to the authority" : ""}`,
  );
  return exitCode.ok;
}

function rating(given: Arguments, issue: Issue): YamlEdit[] {
  const vector = given.option("cvss");
  const scored = vector === undefined ? undefined : cvssClass(vector);
  if (vector !== undefined && scored === undefined)
    throw usage("bad-value", `--cvss ${vector} is no CVSS 4.0 vector`, "give it whole, from CVSS:4.0/ on");
  const word = given.option("severity");
  const said =
    word === undefined
      ? undefined
      : parseChoice<SeverityClass>("severity", word, ["critical", "high", "medium", "low"]);
  const worst = severityClasses.find((name) => name === said || name === scored?.class) ?? issue.severity;
  if (worst === undefined)
    throw usage("missing-option", "--cvss <vector> or --severity <class> is missing", "rate the issue");
  const exploited = given.option("exploited");
  return [
    { set: ["severity"], to: worst },
    ...(vector === undefined ? [] : [{ set: ["cvss"], to: vector }]),
    ...(exploited === undefined
      ? []
      : [{ set: ["exploited"], to: parseChoice("exploited", exploited, ["yes", "no", "unknown"]) }]),
    ...(issue.triaged_at === undefined ? [{ set: ["triaged_at"], to: new Date().toISOString() }] : []),
    ...(issue.state === "new" ? [{ set: ["state"], to: "triaged" }] : []),
  ];
}

function versions(given: Arguments): YamlEdit[] {
  const justification = given.option("justification");
  return [
    ...given.all("version").map((word): YamlEdit => {
      const [version = "", state = ""] = word.split("=");
      if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(version))
        throw usage("bad-value", `--version ${word} is not version=state`, "give it as 1.2.0=fixed");
      return { set: ["versions", version], to: parseChoice<VexState>("version", state, states) };
    }),
    ...(justification === undefined
      ? []
      : [{ set: ["justification"], to: parseChoice("justification", justification, justifications) }]),
  ];
}

function decision(given: Arguments, issue: Issue): YamlEdit[] {
  const word = given.option("decision");
  const rationale = given.option("rationale");
  const why = rationale === undefined ? [] : [{ set: ["rationale"], to: rationale }];
  if (word === undefined) return why;
  const decided = parseChoice("decision", word, decisions);
  const by = given.option("by");
  if (by === undefined) throw usage("missing-option", "--by <person> is missing", "say who decides");
  if (decided !== "fix" && rationale === undefined && issue.rationale === undefined)
    throw usage("missing-option", "--rationale <text> is missing", "say why it is not fixed");
  return [
    ...why,
    { set: ["decision"], to: decided },
    { set: ["decision_by"], to: by },
    { set: ["decided_at"], to: new Date().toISOString() },
    ...(issue.state === "new" || issue.state === "triaged"
      ? [{ set: ["state"], to: decided === "not-a-vulnerability" ? "rejected" : "accepted" }]
      : []),
  ];
}
