import { nodeCrypto } from "@sumac/crypto/node";
import { digestOf } from "@sumac/suit";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { describeTrustRecord, readTrustRecordFile, trustRecordJson } from "../trust-record-file.ts";

export const trustShow: Command = {
  name: "trust show",
  summary: "show what a trust record says",
  operands: [{ name: "file", summary: "a trust record" }],
  options: [],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const name = given.operand("file");
  const { bytes, part, record } = await readTrustRecordFile(io, name);
  terminal.json({ file: name, part, digest: digestOf(nodeCrypto, "sha-256", bytes).bytes, ...trustRecordJson(record) });
  terminal.line(`${name}: the ${part}'s part of a trust record`);
  for (const line of describeTrustRecord(record)) terminal.line(line);
  return exitCode.ok;
}
