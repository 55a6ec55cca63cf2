import type { Evidence } from "@sumac/sdl";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { usage } from "../failure.ts";
import { parseChoice } from "../option-values.ts";
import { gateInput } from "../sdl/product-folder.ts";
import { ownTool, recordKind, recordOptions, writeRecord } from "../sdl/write-evidence.ts";
import { passphraseNote } from "../signers.ts";

export const sdlAttest: Command = {
  name: "sdl attest",
  summary: "sign that something was done: a drill, a training, an approval, a build",
  operands: [],
  options: [
    {
      name: "kind",
      value: "kind",
      use: "required",
      summary: "test, review, scan, drill, training, document, certificate, supplier, approval, provenance, delivery",
    },
    { name: "summary", value: "text", use: "required", summary: "what was done, in one line" },
    { name: "outcome", value: "word", summary: "passed (default), failed or recorded" },
    { name: "commit", value: "id", summary: "provenance: the commit that was built" },
    { name: "tree", value: "id", summary: "provenance: its tree" },
    { name: "tag", value: "name", summary: "provenance: its tag" },
    ...recordOptions,
  ],
  notes: [
    "An emergency is an approval named emergency-RELEASE, signed by a security lead and a release manager.",
    passphraseNote,
  ],
  run,
};

async function run(given: Arguments, context: CommandContext): Promise<ExitCode> {
  const { io, terminal } = context;
  const kind = recordKind(given.required("kind"));
  const outcome = parseChoice<Evidence["result"]["outcome"]>("outcome", given.option("outcome") ?? "passed", [
    "passed",
    "failed",
    "recorded",
  ]);
  const [commit, tree, tag] = [given.option("commit"), given.option("tree"), given.option("tag")];
  if (kind === "provenance" && (commit === undefined || tree === undefined || tag === undefined)) {
    throw usage(
      "missing-option",
      "a build record needs --commit, --tree and --tag",
      "ask git: git rev-parse HEAD, git rev-parse HEAD^{tree}",
    );
  }
  const source =
    commit === undefined || tree === undefined || tag === undefined
      ? undefined
      : { commit, tree, tag, state: "clean" as const };
  const result: Evidence["result"] = {
    outcome,
    summary: given.required("summary"),
    ...(source === undefined ? {} : { source }),
  };
  const content = { rows: given.all("row"), kind, tool: ownTool, inputs: [], result, documents: given.all("document") };
  const written = await writeRecord(content, await gateInput(given, io, "regular"), given, context);
  terminal.json({ file: written, outcome });
  terminal.line(`wrote ${written}`);
  return exitCode.ok;
}
