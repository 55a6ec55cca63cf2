import { logTypeById } from "@sumac/device";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { openIdleDevice } from "../device/booted-device.ts";
import { isDamaged, setDamagedLogAside } from "../device/damaged-log.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { usage } from "../failure.ts";
import { readWhoAndWhy, whoAndWhyOptions } from "../who-and-why.ts";

export const deviceLogClear: Command = {
  name: "device log clear",
  summary: "drop the records of a device's event log",
  operands: [{ name: "folder", summary: "where the device lives" }],
  options: [...whoAndWhyOptions, { name: "drop-unexported", summary: "also records that were not marked as exported" }],
  notes: [
    "The chain goes on: the first record after it says who cleared the log and why, and an export from before still fits.",
    "What stands in the place of a gateway's log and is none is kept beside it, as events.log.damaged; then a chain begins.",
    "First: sumac device log export --mark-exported. The agent must not run meanwhile.",
  ],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const { by, reason } = readWhoAndWhy(given);
  const folder = given.operand("folder");
  const { log, settings, close } = await openIdleDevice(io, folder);
  try {
    let setAside: string | null = null;
    if (isDamaged(log)) {
      if (given.flag("drop-unexported") !== "given") {
        const problem = `the log of ${settings.id} cannot be read, and what it held may not have been exported`;
        throw usage("log-not-exported", problem, "say --drop-unexported: what stands in its place is set aside");
      }
      setAside = setDamagedLogAside(io, folder);
      await log.flush();
    }
    let [records, through] = [0, -1];
    let last = -1;
    for await (const { record } of log.records()) {
      records++;
      const type = logTypeById(record.id);
      if (type === "log-exported") through = Math.max(through, Number(record.facts["through"]));
      // What says that the log was exported need not be exported itself.
      else last = record.counter;
    }
    if (last > through && given.flag("drop-unexported") !== "given") {
      const problem = `the log of ${settings.id} has records that were not exported (${through + 1} to ${last})`;
      throw usage("log-not-exported", problem, "export them with --mark-exported, or say --drop-unexported");
    }
    await log.clear(by, reason);
    terminal.json({ device: settings.id, dropped: records, setAside, by, reason });
    if (setAside !== null) terminal.line(`what stood in the place of the log is now ${setAside}`);
    terminal.line(`${records} records of ${settings.id} dropped`);
    return exitCode.ok;
  } finally {
    await close();
  }
}
