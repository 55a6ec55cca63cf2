import type { Command } from "../command.ts";
import { parseWithCommander } from "../commander-parser.ts";
import { releaseBuild } from "../commands/release-build.ts";
import { releaseSign } from "../commands/release-sign.ts";
import { repoCombine } from "../commands/repo-combine.ts";
import { repoInit } from "../commands/repo-init.ts";
import { repoLineAdd } from "../commands/repo-line-add.ts";
import { repoPrepare } from "../commands/repo-prepare.ts";
import { repoPublish } from "../commands/repo-publish.ts";
import { repoReleaseAdd } from "../commands/repo-release-add.ts";
import { repoRevoke } from "../commands/repo-revoke.ts";
import { repoRotate } from "../commands/repo-rotate.ts";
import { repoSign } from "../commands/repo-sign.ts";
import { answering, execute } from "../execute.ts";
import { explainThrown } from "../explain.ts";
import type { Io } from "../io.ts";
import { Terminal } from "../terminal.ts";

const played: readonly Command[] = [
  releaseBuild,
  releaseSign,
  repoCombine,
  repoInit,
  repoLineAdd,
  repoPrepare,
  repoPublish,
  repoReleaseAdd,
  repoRevoke,
  repoRotate,
  repoSign,
];

/** Runs one of the commands that drills are made of, as its line would; the drill itself is not among them. */
export function runDrillCommand(words: readonly string[], io: Io): Promise<number> {
  const terminal = new Terminal(io, "text");
  return answering(
    terminal,
    (thrown) => explainThrown(thrown, io),
    () => {
      const command = played.find(({ name }) => words.slice(0, name.split(" ").length).join(" ") === name);
      if (command === undefined) throw new Error(`no drill plays ${words.join(" ")}`);
      const parsed = parseWithCommander(command, words.slice(command.name.split(" ").length));
      if (!("arguments" in parsed)) throw new Error(`a drill asks for help: ${words.join(" ")}`);
      return execute(command, parsed.arguments, io, terminal);
    },
  );
}
