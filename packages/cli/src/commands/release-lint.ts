import { nodeCrypto } from "@sumac/crypto/node";
import {
  explain,
  lintRelease,
  type PastRelease,
  parseRecipientProfile,
  type RecipientProfile,
  readPastRelease,
  type Severity,
} from "@sumac/signing";
import { nodeSha1 } from "@sumac/signing/node";
import { readWhole } from "../bound-read.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { readEnvelopeFile } from "../envelope-file.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { Failure } from "../failure.ts";
import type { Io } from "../io.ts";
import { orFail } from "../signing-failure.ts";
import type { Colour } from "../terminal.ts";

export const releaseLint: Command = {
  name: "release lint",
  summary: "look for mistakes in an envelope before it is published",
  operands: [{ name: "envelope", summary: "the envelope (.suit); - reads standard input" }],
  options: [
    {
      name: "history",
      value: "file",
      use: "repeatable",
      summary: "envelope of an earlier release: its sequence number must not come again",
    },
    {
      name: "dependency",
      value: "file",
      use: "repeatable",
      summary: "envelope that this one depends on and does not carry",
    },
    { name: "recipient", value: "file", summary: "limits of the device it is for, as YAML (docs/spec/lint.md)" },
  ],
  notes: ["Exit code 3 if there is an error among the findings: a device would refuse the envelope, or it is unsafe."],
  run,
};

const colours: Readonly<Record<Severity, Colour>> = { error: "red", warning: "yellow", notice: "cyan" };

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const bytes = await readEnvelopeFile(io, given.operand("envelope"));
  const recipient = await readRecipientProfile(io, given.option("recipient"));
  const dependencies: Uint8Array[] = [];
  for (const file of given.all("dependency")) dependencies.push(await readEnvelopeFile(io, file));
  const earlier: PastRelease[] = [];
  for (const file of given.all("history")) earlier.push(await readEarlier(io, file));
  const findings = orFail(
    lintRelease(bytes, { crypto: nodeCrypto, sha1: nodeSha1, earlier, dependencies, ...(recipient && { recipient }) }),
  );
  const explained = findings.map((finding) => ({ ...finding, ...explain(finding) }));
  terminal.json({ recipient: recipient?.name, findings: explained });
  for (const { severity, code, offset, within, problem, remedy } of explained) {
    const place = within === undefined ? `${offset}` : `${offset}, in the envelope ${within}`;
    terminal.line(`${severity}[${code}] at ${place}: ${problem}`, colours[severity]);
    terminal.line(`  ${remedy}`);
  }
  const errors = findings.filter(({ severity }) => severity === "error").length;
  terminal.line(
    findings.length === 0 ? "nothing to remark" : `errors: ${errors}, other findings: ${findings.length - errors}`,
  );
  return errors === 0 ? exitCode.ok : exitCode.refused;
}

async function readRecipientProfile(io: Io, name: string | undefined): Promise<RecipientProfile | undefined> {
  if (name === undefined) return undefined;
  return orFail(parseRecipientProfile(await readWhole(io, name, "the limits of a recipient", 65_536)));
}

/** Which of several files is at fault is half of the message. */
async function readEarlier(io: Io, file: string): Promise<PastRelease> {
  const bytes = await readEnvelopeFile(io, file);
  try {
    return orFail(readPastRelease(bytes, { crypto: nodeCrypto }));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure({ ...error.facts, problem: `${file}: ${error.facts.problem}` });
  }
}
