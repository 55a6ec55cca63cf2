import { nodeCrypto } from "@sumac/crypto/node";
import {
  EventLog,
  exampleEnterprise,
  exportLines,
  type LogEnds,
  type LogView,
  signLogHead,
  syslogLine,
} from "@sumac/device";
import { writeFileAtomically } from "../atomic-file.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { openIdleDevice } from "../device/booted-device.ts";
import { deviceKeyOf } from "../device/device-folder.ts";
import { readSettings } from "../device/device-settings.ts";
import { openLogCopy } from "../device/log-place.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { usage } from "../failure.ts";
import { hostTime } from "../host-time.ts";
import type { Io } from "../io.ts";
import { parseChoice, parseUnsigned } from "../option-values.ts";

export const deviceLogExport: Command = {
  name: "device log export",
  summary: "write the event log of a device as JSON lines or syslog",
  operands: [{ name: "place", summary: "folder of the device, or its events.log" }],
  options: [
    { name: "out", value: "file", use: "required", summary: "write here" },
    { name: "format", value: "format", summary: "json-lines (default) or syslog (RFC 5424)" },
    { name: "enterprise", value: "n", summary: "syslog: the vendor's private enterprise number (default 32473)" },
    { name: "replace", summary: "overwrite --out if it is there" },
    { name: "mark-exported", summary: "tell the log that these records are safe elsewhere; the agent must not run" },
  ],
  notes: [
    "Reads only, unless --mark-exported is given. JSON lines end with a head that the device's key has signed: keep them, and verify against them later.",
  ],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const format = parseChoice("format", given.option("format") ?? "json-lines", ["json-lines", "syslog"]);
  const number = given.option("enterprise");
  if (number !== undefined && format !== "syslog") {
    throw usage("bad-value", "--enterprise has a meaning in syslog only", "leave it out, or say --format syslog");
  }
  const enterprise = number === undefined ? exampleEnterprise : Number(parseUnsigned("enterprise", number, 1n));
  const place = given.operand("place");
  const out = given.required("out");
  const { store, device } = await openLogCopy(io, place);
  const marks = given.flag("mark-exported") === "given";
  if (marks && readSettings(io, place) === undefined) {
    throw usage("bad-value", "--mark-exported is for the folder of a device", "name the folder, not its events.log");
  }
  const log = await EventLog.view(store, nodeCrypto);
  const lines: string[] = [];
  let signed: "signed" | "unsigned" = "unsigned";
  if (format === "syslog") {
    for await (const record of log.records()) lines.push(syslogLine(record, { device, enterprise }));
  } else {
    signed = await collectSigned(log, { io, place, device }, lines);
  }
  const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
  writeFileAtomically(io, { name: out, bytes, ifExists: given.flag("replace") === "given" ? "replace" : "refuse" });
  const records = lines.length - (signed === "signed" ? 1 : 0);
  if (marks) await markExported(io, place, await lastCounter(log), out);
  terminal.json({ device, out, format, records, head: signed, marked: marks });
  terminal.line(
    `${records} records of ${device} written to ${out}${signed === "signed" ? ", with a signed head" : ""}`,
  );
  if (marks) terminal.line("  the log knows that they are safe elsewhere");
  if (format === "json-lines" && signed === "unsigned")
    terminal.note("the device has no key: the export is not signed");
  return exitCode.ok;
}

/** Of the records that were written out; the device may have written more since. */
async function lastCounter(log: LogView): Promise<number> {
  let last = -1;
  for await (const { record } of log.records()) last = record.counter;
  return last;
}

async function markExported(io: Io, folder: string, through: number, to: string): Promise<void> {
  if (through < 0) return;
  const { log, close } = await openIdleDevice(io, folder);
  try {
    await log.exported(through, to);
  } finally {
    await close();
  }
}

async function collectSigned(
  log: LogView,
  { io, place, device }: { readonly io: Io; readonly place: string; readonly device: string },
  lines: string[],
): Promise<"signed" | "unsigned"> {
  // The log file of a device, where its folder was not named, has no key beside it.
  const key = readSettings(io, place) === undefined ? undefined : await deviceKeyOf(io, place);
  const sign = async (ends: LogEnds): Promise<Uint8Array | undefined> =>
    key && signLogHead({ device, time: hostTime(), ends }, key, nodeCrypto);
  for await (const line of exportLines(log, sign)) lines.push(line);
  return key === undefined ? "unsigned" : "signed";
}
