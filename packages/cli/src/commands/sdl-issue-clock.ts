import { deadlinesOf, timelinessOf } from "@sumac/sdl";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { unavailable } from "../failure.ts";
import { atOption, gateInput, productOption } from "../sdl/product-folder.ts";

export const sdlIssueClock: Command = {
  name: "sdl issue clock",
  summary: "show what is due for each issue, by policy and by law, and how fast fixes came",
  operands: [],
  options: [productOption, atOption, { name: "issue", value: "id", use: "repeatable", summary: "only these" }],
  notes: ["Exit code 0: nothing is overdue. 3: something is."],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const { model, now } = await gateInput(given, io, "regular");
  const policy = model.single.policy?.value;
  if (policy === undefined) throw unavailable("file-not-found", "policy.yaml cannot be read", "see sumac sdl lint");
  const wanted = given.all("issue");
  const issues = [...model.many.issue.values()]
    .map(({ value }) => value)
    .filter(({ id }) => wanted.length === 0 || wanted.includes(id));
  const deadlines = issues
    .flatMap((issue) => deadlinesOf(issue, policy, now))
    .sort((a, b) => a.due - b.due || (a.issue < b.issue ? -1 : 1));
  const timeliness = timelinessOf(issues, policy, now);
  const time = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace("T", " ");
  terminal.json({
    deadlines: deadlines.map(({ due, done, ...rest }) => ({
      ...rest,
      due: new Date(due).toISOString(),
      ...(done === undefined ? {} : { done: new Date(done).toISOString() }),
    })),
    timeliness,
  });
  for (const { issue, duty, source, due, state } of deadlines) {
    terminal.line(
      `${time(due)}  ${issue.padEnd(10)} ${duty.padEnd(18)} ${state.padEnd(6)} ${source}`,
      state === "missed" ? "red" : state === "open" ? "yellow" : "green",
    );
  }
  for (const { class: name, issues: count, inTime, missed, median, p90 } of timeliness) {
    terminal.line(
      `${name}: ${inTime} of ${count} in time, ${missed} not${median === undefined ? "" : `; days to release: median ${median}, 90 % ${p90}`}`,
    );
  }
  return deadlines.some(({ state }) => state === "missed") ? exitCode.refused : exitCode.ok;
}
