import { collectors, reportFormats } from "@sumac/sdl";
import { readWhole } from "../bound-read.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { malformedInput, usage } from "../failure.ts";
import { parseChoice } from "../option-values.ts";
import { gateInput } from "../sdl/product-folder.ts";
import { inputOf, recordKind, recordOptions, writeRecord } from "../sdl/write-evidence.ts";
import { passphraseNote } from "../signers.ts";

export const sdlCollect: Command = {
  name: "sdl collect",
  summary: "turn the report of a tool into a signed record",
  operands: [{ name: "report", summary: "file the tool wrote" }],
  options: [
    { name: "format", value: "name", use: "required", summary: reportFormats.join(", ") },
    { name: "kind", value: "kind", summary: "other than the format's own, such as drill" },
    { name: "database-date", value: "day", summary: "day of the vulnerability database of a scan" },
    ...recordOptions,
  ],
  notes: [
    "Reviews in git: git log --no-merges --format='%H%x09%ae%x09%(trailers:key=Reviewed-by,valueonly,separator=%x2C)' FROM..TO",
    passphraseNote,
  ],
  run,
};

async function run(given: Arguments, context: CommandContext): Promise<ExitCode> {
  const { io, terminal } = context;
  const name = given.operand("report");
  const format = parseChoice("format", given.required("format"), reportFormats);
  const bytes = await readWhole(io, name, "a report", 64 * 1024 * 1024);
  const collected = collectors[format](bytes);
  if (!collected.ok)
    throw malformedInput(
      collected.error.code,
      `${name} is no ${format} report: ${collected.error.flaw}`,
      "give the file the tool wrote, and its --format",
    );
  const date = given.option("database-date");
  if (date !== undefined && !/^\d{4}-\d\d-\d\d$/.test(date))
    throw usage("bad-value", `--database-date ${date} is not a day`, "give it as 2026-11-20");
  const { kind, tool, result } = collected.value;
  const written = await writeRecord(
    {
      rows: given.all("row"),
      kind: given.option("kind") === undefined ? kind : recordKind(given.required("kind")),
      tool,
      inputs: [inputOf(name, bytes)],
      result: { ...result, ...(date === undefined ? {} : { database_date: date }) },
      documents: given.all("document"),
    },
    await gateInput(given, io, "regular"),
    given,
    context,
  );
  terminal.json({ file: written, outcome: result.outcome, summary: result.summary });
  terminal.line(
    `wrote ${written}: ${result.outcome}, ${result.summary}`,
    result.outcome === "failed" ? "red" : "green",
  );
  return exitCode.ok;
}
