import { writeFileAtomically } from "../atomic-file.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { calendarText } from "../repo/calendar.ts";
import { Repository } from "../repo/repository.ts";
import { type CeremonyStatus, type RoleStatus, repositoryStatus, statusCalendar } from "../repo/repository-status.ts";
import { spaced } from "../repo/show-draft.ts";
import type { Colour, Terminal } from "../terminal.ts";

export const repoStatus: Command = {
  name: "repo status",
  summary: "show what expires when, and who still has to sign what",
  operands: [{ name: "folder", summary: "the repository" }],
  options: [{ name: "ics", value: "file", summary: "also write renewals and expiries as a calendar (iCalendar)" }],
  run,
};

const standingWords: Readonly<Record<RoleStatus["standing"], { readonly words: string; readonly colour?: Colour }>> = {
  valid: { words: "valid", colour: "green" },
  "renewal-due": { words: "renewal due", colour: "yellow" },
  expired: { words: "EXPIRED", colour: "red" },
  "not-written": { words: "not written yet" },
  "not-signed": { words: "to be signed again, its keys have changed", colour: "red" },
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const repository = await Repository.open(io, given.operand("folder"));
  const status = await repositoryStatus(repository);
  const { now, lifetimes } = repository.context();
  const calendar = given.option("ics");
  if (calendar !== undefined) {
    const text = calendarText(statusCalendar(repository.name, status, lifetimes), now);
    writeFileAtomically(io, { name: calendar, bytes: new TextEncoder().encode(text), ifExists: "replace" });
  }
  terminal.json({
    repository: repository.name,
    ...status,
    people: Object.fromEntries(repository.settings.people),
    ...(calendar === undefined ? {} : { calendar }),
  });
  for (const role of status.roles) tellRole(role, repository, terminal);
  for (const ceremony of status.ceremonies) tellCeremony(ceremony, repository, terminal);
  if (calendar !== undefined) terminal.line(`calendar: ${calendar}`);
  return exitCode.ok;
}

function tellRole(role: RoleStatus, repository: Repository, terminal: Terminal): void {
  const { words, colour } = standingWords[role.standing];
  const version = role.version === 0 ? "" : `version ${role.version}, until ${role.expires}, `;
  terminal.line(`${role.role}: ${version}${words}`, colour);
  const who = role.keyIds.map((id) => repository.nameOf(id) ?? id.slice(0, 16)).join(", ");
  terminal.line(`  ${role.threshold} of ${role.keyIds.length}: ${who}`);
  if (role.published !== undefined && role.published < role.version) {
    const seen = role.published === 0 ? "nothing of it" : `version ${role.published}`;
    terminal.line(`  devices see ${seen}: run sumac repo publish`);
  }
  if (role.releases.length > 0)
    terminal.line(`  ${role.releases.length} ${role.releases.length === 1 ? "release" : "releases"}`);
  if (role.splitDue) terminal.line("  nearly full: run sumac repo line split");
}

function tellCeremony(ceremony: CeremonyStatus, repository: Repository, terminal: Terminal): void {
  const name = (id: string): string => repository.nameOf(id) ?? id.slice(0, 16);
  terminal.line(`to sign: ${ceremony.request}`, "yellow");
  terminal.line(`  digest ${spaced(ceremony.digest)}`);
  if (ceremony.signed.length > 0) terminal.line(`  signed by ${ceremony.signed.map(name).join(", ")}`);
  for (const { authority, have, need, open } of ceremony.missing) {
    terminal.line(`  ${authority} needs ${need - have} more of ${open.map(name).join(", ")}`);
  }
  if (ceremony.missing.length === 0)
    terminal.line(`  complete: sumac repo combine ${repository.name} ${ceremony.role}`);
}
