import path from "node:path";
import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  backupFacts,
  checkBackup,
  endedWell,
  explainDevice,
  fillCommand,
  howItEnded,
  type LogEntry,
  type LogFacts,
  refusalFacts,
} from "@sumac/device";
import { NodeCommandRunner, nodeFileSystem } from "@sumac/device/node";
import { utcTime } from "@sumac/suit";
import type { AgentConfig } from "../agent/agent-config.ts";
import { readRunningConfig } from "../agent/running-config.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { openIdleDevice } from "../device/booted-device.ts";
import type { OpenDevice } from "../device/device-folder.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { Failure, unavailable, usage } from "../failure.ts";
import { readWhoAndWhy, whoAndWhyOptions } from "../who-and-why.ts";

export const deviceRestore: Command = {
  name: "device restore",
  summary: "check a backup against what the device has signed, then have it restored",
  operands: [{ name: "folder", summary: "where the device lives" }],
  options: [
    { name: "config", value: "file", use: "required", summary: "configuration of the agent: backup.file and restore" },
    ...whoAndWhyOptions,
  ],
  notes: [
    "The command of restore runs only if the file is, bit by bit, the backup that this device has recorded last; otherwise",
    "backup-invalid, exit code 3, and nothing is run. Either way the event log says who, why and what came of it. The agent",
    "must not run meanwhile. An older backup comes back only with the record (backup-record) that was made with it.",
  ],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const folder = given.operand("folder");
  const location = path.resolve(io.workingFolder, folder);
  const whoAndWhy = { ...readWhoAndWhy(given) };
  const { config } = await readRunningConfig(io, given.required("config"));
  const { file, restore } = configured(config, location, folder);
  const opened = await openIdleDevice(io, folder);
  try {
    const { key, settings } = opened;
    if (key === undefined) {
      throw unavailable(
        "device-key-missing",
        `${folder} has no device key`,
        "a backup is believed by its signature only",
      );
    }
    const place = { files: nodeFileSystem, folder: location, file, crypto: nodeCrypto };
    const checked = await checkBackup(place, key.publicKey);
    if (!checked.ok) {
      const { error } = checked;
      await write(opened, "restore-failed", "refused", { ...whoAndWhy, ...refusalFacts(error) });
      throw new Failure({ code: error.code, ...explainDevice(error), exit: exitCode.refused });
    }
    const record = checked.value;
    const facts = { ...whoAndWhy, ...backupFacts(record) };
    await write(opened, "restore-begun", "success", facts);
    const runner = new NodeCommandRunner({ folder: `${location}/.` });
    const end = await runner.run(fillCommand(restore, { file, digest: bytesToHex(record.running) }));
    const how = howItEnded(end, restore);
    if (!endedWell(end)) {
      await write(opened, "restore-failed", "failure", { ...facts, how });
      throw new Failure({
        code: "restore-failed",
        problem: `the command that restores ${file} failed (${how})`,
        remedy: "mend what it needs, then restore again: the backup is as it was signed",
        exit: exitCode.device,
      });
    }
    await write(opened, "backup-restored", "success", { ...facts, how });
    const time = record.time ?? null;
    terminal.json({
      device: settings.id,
      restored: file,
      size: record.size,
      sha256: record.sha256,
      time,
      ...whoAndWhy,
    });
    terminal.line(`restored ${file}: ${record.size} bytes, as this device has signed them`);
    terminal.line(
      `  saved ${time === null ? "at an unknown time" : utcTime(time)}, while ${bytesToHex(record.running)} ran`,
    );
    return exitCode.ok;
  } finally {
    await opened.close();
  }
}

function configured(
  { backup, restore, platform }: AgentConfig,
  location: string,
  folder: string,
): { readonly file: string; readonly restore: NonNullable<AgentConfig["restore"]> } {
  if (platform.folder !== location) {
    throw usage("bad-value", `the configuration is of the device in ${platform.folder}`, `name that, not ${folder}`);
  }
  const file = backup?.file;
  if (file !== undefined && restore !== undefined) return { file, restore };
  const remedy = "name the file that backup writes (file), and the command of restore";
  throw usage("restore-not-configured", "the configuration does not say how a backup is restored", remedy);
}

/** What cannot be written down is not restored. */
async function write(
  { log }: Pick<OpenDevice, "log">,
  type: LogEntry["type"],
  result: LogEntry["result"],
  facts: LogFacts,
): Promise<void> {
  const stored = await log.append({ type, source: "operator", result, facts });
  if (stored === "stored" || type !== "restore-begun") return;
  throw new Failure({
    code: "log-failing",
    problem: "the event log cannot be written, and a restore has to be recorded",
    remedy: "mend the storage of the log, then restore again",
    exit: exitCode.device,
  });
}
