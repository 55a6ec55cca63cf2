import { nodeCrypto } from "@sumac/crypto/node";
import { explain, lintEnvelope, type Severity } from "@sumac/signing";
import { parseEnvelope } from "@sumac/suit";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { readEnvelopeFile } from "../envelope-file.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { orFail } from "../signing-failure.ts";
import type { Colour } from "../terminal.ts";

export const releaseLint: Command = {
  name: "release lint",
  summary: "look for mistakes in an envelope before it is published",
  operands: [{ name: "envelope", summary: "the envelope (.suit); - reads standard input" }],
  options: [],
  notes: ["Exit code 3 if there is an error among the findings: a device would refuse the envelope."],
  run,
};

const colours: Readonly<Record<Severity, Colour>> = { error: "red", warning: "yellow", notice: "cyan" };

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const envelope = orFail(parseEnvelope(await readEnvelopeFile(io, given.operand("envelope"))));
  const findings = orFail(lintEnvelope(envelope, nodeCrypto));
  const explained = findings.map((finding) => ({ ...finding, ...explain(finding) }));
  terminal.json({
    findings: explained.map(({ severity, code, offset, problem, remedy }) => ({
      severity,
      code,
      offset,
      problem,
      remedy,
    })),
  });
  for (const { severity, code, offset, problem, remedy } of explained) {
    terminal.line(`${severity}[${code}] at ${offset}: ${problem}`, colours[severity]);
    terminal.line(`  ${remedy}`);
  }
  const errors = findings.filter(({ severity }) => severity === "error").length;
  terminal.line(
    findings.length === 0 ? "nothing to remark" : `errors: ${errors}, other findings: ${findings.length - errors}`,
  );
  return errors === 0 ? exitCode.ok : exitCode.refused;
}
