import { nodeCrypto } from "@sumac/crypto/node";
import { EventLog, type LoggedRecord, logTypeById } from "@sumac/device";
import { utcTime } from "@sumac/suit";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { openLogCopy } from "../device/log-place.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { parseUnsigned } from "../option-values.ts";

export const deviceLogShow: Command = {
  name: "device log show",
  summary: "show the event log of a device",
  operands: [{ name: "place", summary: "folder of the device, or its events.log" }],
  options: [{ name: "last", value: "n", summary: "only the newest n records" }],
  notes: ["Shows a copy, without believing it: sumac device log verify checks it."],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const wanted = given.option("last");
  const last = wanted === undefined ? undefined : Number(parseUnsigned("last", wanted, 1n));
  const { store, device } = await openLogCopy(io, given.operand("place"));
  const log = await EventLog.view(store, nodeCrypto);
  const records: LoggedRecord[] = [];
  for await (const record of log.records()) {
    records.push(record);
    if (last !== undefined && records.length > last) records.shift();
  }
  terminal.json({ device, records: records.map(recordJson) });
  for (const { record } of records) {
    const time = record.time === undefined ? "no trusted time     " : utcTime(record.time);
    const facts = Object.entries(record.facts).map(
      ([name, value]) => `${name}=${/^[\w.:+/-]+$/.test(value) ? value : JSON.stringify(value)}`,
    );
    const type = logTypeById(record.id) ?? `unknown-${record.id}`;
    terminal.line([String(record.counter).padStart(6), time, type, record.result, ...facts].join(" "));
  }
  if (records.length === 0) terminal.line("the log is empty");
  return exitCode.ok;
}

const recordJson = ({ record, digest }: LoggedRecord) => ({
  ...record,
  time: record.time ?? null,
  type: logTypeById(record.id) ?? `unknown-${record.id}`,
  digest,
});
