import { suitDraft } from "@sumac/suit";
import { commandIndex } from "./command-index.ts";
import { helpPage, parseWithCommander } from "./commander-parser.ts";
import { type ExitCode, exitCode, exitCodeMeaning } from "./exit-code.ts";
import { usage } from "./failure.ts";
import type { Terminal } from "./terminal.ts";
import { version } from "./version.ts";

/** `sumac`, `sumac --help`, `sumac help TOPIC`, `sumac --version`, and every line whose command is unknown. */
export async function answerGeneralQuestion(words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const [first, ...rest] = words.filter((word) => word !== "--json");
  if (first === "--version" || first === "-V") return printVersion(terminal);
  if (first === "help" && rest[0] === "exit-codes") return printExitCodes(terminal);
  const isHelp = (word: string): boolean => word === "--help" || word === "-h";
  const asksForHelp = first === "help" || words.some(isHelp);
  const topic = (first === "help" ? rest : words).filter((word) => word !== "--json" && !isHelp(word));
  const entry = commandIndex.find(({ name }) => name === topic.join(" "));
  if (entry !== undefined) {
    const parsed = parseWithCommander(await entry.load(), ["--help"]);
    if ("page" in parsed) terminal.page(parsed.page);
    return exitCode.ok;
  }
  // What is left is a group, nothing at all, or a word that nobody knows.
  const page = helpPage(commandIndex, topic);
  if (asksForHelp || terminal.format === "text") terminal.page(page);
  if (asksForHelp) return exitCode.ok;
  const group = ["sumac", ...topic].join(" ");
  throw usage("missing-command", `\`${group}\` alone does nothing`, `name a command: see \`${group} --help\``);
}

function printVersion(terminal: Terminal): ExitCode {
  const node = process.versions.node;
  terminal.line(`sumac ${version}`);
  terminal.line(`node ${node}`);
  terminal.line(suitDraft);
  terminal.json({ sumac: version, node, suit: suitDraft });
  return exitCode.ok;
}

function printExitCodes(terminal: Terminal): ExitCode {
  const names = Object.keys(exitCode) as (keyof typeof exitCode)[];
  for (const name of names) {
    terminal.line(`${String(exitCode[name]).padStart(3)}  ${name.padEnd(11)}  ${exitCodeMeaning[name]}`);
  }
  terminal.json(
    Object.fromEntries(names.map((name) => [name, { exit: exitCode[name], meaning: exitCodeMeaning[name] }])),
  );
  return exitCode.ok;
}
