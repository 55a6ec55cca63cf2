import { explainDevice } from "@sumac/device";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { openBootedDevice } from "../device/booted-device.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { Failure, usage } from "../failure.ts";
import { describeTrustRecord, readTrustRecordFile, trustRecordJson } from "../trust-record-file.ts";

export const deviceOwn: Command = {
  name: "device own",
  summary: "set the first owner's part of a device's trust record",
  operands: [{ name: "folder", summary: "where the device lives" }],
  options: [
    { name: "record", value: "file", use: "required", summary: "the owner's part: sumac trust make --part owner" },
  ],
  notes: [
    "Done once, at the device itself and with no network. From then on releases wait for the owner's approval,",
    "and only the owner's root keys replace the part: sumac trust update.",
  ],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const name = given.required("record");
  const { bytes, part, record } = await readTrustRecordFile(io, name);
  if (part !== "owner") {
    throw usage("bad-value", `${name} is a vendor's part`, "make the owner's: sumac trust make --part owner");
  }
  const opened = await openBootedDevice(io, given.operand("folder"));
  try {
    const owned = await opened.device.own(bytes);
    if (!owned.ok) {
      throw new Failure({ code: owned.error.code, ...explainDevice(owned.error), exit: exitCode.refused });
    }
    terminal.json({ device: opened.settings.id, part: "owner", digest: owned.value.to, ...trustRecordJson(record) });
    terminal.line(`device ${opened.settings.id} has an owner`);
    for (const line of describeTrustRecord(record)) terminal.line(line);
    return exitCode.ok;
  } finally {
    await opened.close();
  }
}
