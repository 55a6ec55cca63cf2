import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { parseServerUrl } from "../option-values.ts";
import { Repository } from "../repo/repository.ts";
import { sendRepository } from "../repo/send-repository.ts";
import { readToken } from "../token-file.ts";

export const repoSend: Command = {
  name: "repo send",
  summary: "bring signed role files to a server, which adds snapshot and timestamp",
  operands: [{ name: "folder", summary: "the repository" }],
  options: [
    { name: "server", value: "url", use: "required", summary: "address of the server" },
    { name: "token-file", value: "file", use: "required", summary: "file that holds a publish token" },
  ],
  notes: [
    "For a rotation, a renewal or a withdrawal; sumac publish --repo does the same and announces a release.",
    "Run it again after a failure: what the server has is not sent twice.",
  ],
  run,
};

async function run(given: Arguments, context: CommandContext): Promise<ExitCode> {
  const { io, terminal } = context;
  const server = parseServerUrl("server", given.required("server"));
  const token = await readToken("token-file", given.required("token-file"), context);
  const sent = await sendRepository(await Repository.open(io, given.operand("folder")), server, token);
  terminal.json(sent);
  for (const file of sent.files) terminal.line(`  ${file}`);
  terminal.line(sent.outcome === "published" ? `published at ${server.href}` : "the server has everything already");
  return exitCode.ok;
}
