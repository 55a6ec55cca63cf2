import type { PublicKey } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  type DeviceWordProblem,
  explainDeviceWord,
  type LogEnds,
  type LogExportVerdict,
  readExportHead,
  verifyExport,
  verifyLogHead,
  verifyStoredLog,
} from "@sumac/device";
import { readBounded } from "../bound-read.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { kindOf, openLogCopy } from "../device/log-place.ts";
import { textLines } from "../device/text-lines.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { usage } from "../failure.ts";
import type { Io } from "../io.ts";
import { readPublicKey } from "../public-key-file.ts";
import type { Terminal } from "../terminal.ts";

export const deviceLogVerify: Command = {
  name: "device log verify",
  summary: "check an event log, and name the first record that is not the device's",
  operands: [{ name: "place", summary: "an export (JSON lines), a device's folder, or its events.log" }],
  options: [
    { name: "device-key", value: "file", summary: "public key of the device (device-key.pub.pem)" },
    { name: "head", value: "file", summary: "folder or events.log: an earlier export, which the log has to continue" },
    { name: "chain-only", summary: "export: compare the records with each other, whoever wrote them" },
  ],
  notes: [
    "An export is checked against the head that stands in it. A folder or events.log has none: whoever can write it can",
    "write all of it anew, unless --head names an export that was kept elsewhere.",
  ],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const place = given.operand("place");
  const keyFile = given.option("device-key");
  const key = keyFile === undefined ? undefined : await readPublicKey(io, keyFile);
  const head = given.option("head");
  const verdict = (await isExport(io, place, head))
    ? await verifyFile(io, place, key, given)
    : await verifyStored(io, place, head, key);
  if (verdict.verdict !== "sound") return refuse(verdict, terminal);
  const { records, gaps, from, end, torn } = verdict;
  terminal.json({ verdict: "sound", records, end, from, gaps, torn });
  terminal.line(
    `${records} records, each as the one after it says${end === "as-signed" ? ", up to a signed head" : ""}`,
  );
  for (const { place: at, lost } of gaps) {
    terminal.line(`  a gap at record ${at.index} of the ${at.ring} ring: ${lost} records were lost`);
  }
  for (const ring of torn) terminal.line(`  the last write to the ${ring} ring was cut short`);
  if (end === "unknown") terminal.note("no signed head was compared: whoever wrote the log may have written all of it");
  return exitCode.ok;
}

function refuse(verdict: Exclude<LogExportVerdict, { verdict: "sound" }>, terminal: Terminal): ExitCode {
  const problem: DeviceWordProblem = verdict.verdict === "altered" ? verdict.problem : verdict.refusal;
  const exit = /malformed/.test(problem.code) ? exitCode.malformed : exitCode.refused;
  const facts = { code: problem.code, ...explainDeviceWord(problem) };
  terminal.failure({ ...facts, exit });
  terminal.json({ verdict: verdict.verdict, problem, error: facts });
  return exit;
}

/** An export begins with a brace; the binary log never does. Of an empty file, the other options say what it was to be. */
async function isExport(io: Io, place: string, head: string | undefined): Promise<boolean> {
  if (kindOf(io, place) === "folder") return false;
  const { bytes } = await readBounded(io, place, 1);
  return bytes[0] === 0x7b || (bytes.length === 0 && head === undefined);
}

async function verifyFile(
  io: Io,
  file: string,
  deviceKey: PublicKey | undefined,
  given: Arguments,
): Promise<LogExportVerdict> {
  if (given.option("head") !== undefined) {
    throw usage("bad-value", "--head is for a log where it lies; an export has its own", "leave it out");
  }
  const lines = (): AsyncIterable<string> => textLines(io, file);
  if (given.flag("chain-only") === "given") return verifyExport(lines, "chain-only", nodeCrypto);
  if (deviceKey !== undefined) return verifyExport(lines, { deviceKey }, nodeCrypto);
  throw usage(
    "missing-option",
    "nothing says whose log it has to be",
    "give --device-key device-key.pub.pem, or say --chain-only",
  );
}

async function verifyStored(
  io: Io,
  place: string,
  head: string | undefined,
  key: PublicKey | undefined,
): Promise<LogExportVerdict> {
  const { store } = await openLogCopy(io, place);
  if ((head === undefined) !== (key === undefined)) {
    throw usage("missing-option", "--head and --device-key belong together", "give both, or neither");
  }
  const kept = head === undefined || key === undefined ? undefined : await readHead(io, head, key);
  if (kept !== undefined && "verdict" in kept) return kept;
  return verifyStoredLog(store, nodeCrypto, kept);
}

async function readHead(io: Io, file: string, key: PublicKey): Promise<LogEnds | LogExportVerdict> {
  const head = await readExportHead(textLines(io, file));
  if (head === undefined) return { verdict: "refused", refusal: { code: "log-head-missing" } };
  const verified = verifyLogHead(head, key, nodeCrypto);
  return verified.ok ? verified.value.ends : { verdict: "refused", refusal: verified.error };
}
