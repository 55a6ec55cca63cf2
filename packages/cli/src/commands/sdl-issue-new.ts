import { type Issue, newIssue, schemasFrom, yamlText } from "@sumac/sdl";
import { makeFolder } from "../atomic-file.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { usage } from "../failure.ts";
import { parseChoice } from "../option-values.ts";
import { productOption, sdlPath, writeSdlFile } from "../sdl/product-folder.ts";

export const sdlIssueNew: Command = {
  name: "sdl issue new",
  summary: "take in a security issue: its clocks run from now",
  operands: [{ name: "id", summary: "name of the issue, such as RTU-12" }],
  options: [
    productOption,
    { name: "title", value: "text", use: "required", summary: "what it is, in one line" },
    { name: "source", value: "who", summary: "internal (default), researcher, customer, supplier, authority" },
    { name: "aware", value: "time", summary: "when the vendor knew, RFC 3339 (default: now)" },
  ],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const id = given.operand("id");
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/.test(id))
    throw usage("bad-value", `${id} is not a name`, "give letters, digits, dots and dashes");
  const source = parseChoice<Issue["source"]>("source", given.option("source") ?? "internal", [
    "internal",
    "researcher",
    "customer",
    "supplier",
    "authority",
  ]);
  const aware = given.option("aware") ?? new Date().toISOString();
  if (Number.isNaN(Date.parse(aware)) || Date.parse(aware) > Date.now() + 300_000)
    throw usage("bad-value", `--aware ${aware} is not a time in the past`, "give it as 2026-11-23T08:00:00Z");
  makeFolder(io, sdlPath(given, "issues"));
  const name = `issues/${id}.yaml`;
  const file = writeSdlFile(
    given,
    io,
    name,
    "issue",
    yamlText("issue", newIssue(id, given.required("title"), source, aware), schemasFrom(name)),
    "refuse",
  );
  terminal.json({ file, id, aware });
  terminal.line(`made ${file}; its clocks run since ${aware}`);
  terminal.line("next: sumac sdl issue triage, and sumac sdl issue clock for what is due");
  return exitCode.ok;
}
