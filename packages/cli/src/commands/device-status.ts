import { bytesToHex } from "@sumac/crypto";
import { explainDevice } from "@sumac/device";
import { formatUuid } from "@sumac/suit";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { bootJson, describeBoot, imageName } from "../device/describe-event.ts";
import { copyOfDevice } from "../device/device-folder.ts";
import { readSettings } from "../device/device-settings.ts";
import { describeOverride, overrideJson, readGivenOverride } from "../device/given-override.ts";
import { readSecondaries, type SecondaryFacts } from "../device/secondary-states.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { Failure, unavailable } from "../failure.ts";

export const deviceStatus: Command = {
  name: "device status",
  summary: "show what a simulated device holds and runs",
  operands: [{ name: "folder", summary: "where the device lives" }],
  options: [],
  notes: ["Looks at a copy of the flash, as its next boot would find it; the device itself may run meanwhile."],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const folder = given.operand("folder");
  const settings = readSettings(io, folder);
  if (settings === undefined) {
    throw unavailable("device-not-found", `there is no device in ${folder}`, "make one: sumac device run");
  }
  const { device } = copyOfDevice(io, folder, settings);
  const outcome = await device.boot();
  if (outcome.kind !== "running") {
    terminal.json({ id: settings.id, next: bootJson(outcome) });
    for (const line of describeBoot(outcome)) terminal.line(line);
    if (outcome.kind === "not-provisioned") return exitCode.device;
    throw new Failure({ code: outcome.why.code, ...explainDevice(outcome.why), exit: exitCode.device });
  }
  const { identity, floor, boot, report, mode } = device.status();
  const secondaries = await readSecondaries(io, folder);
  const vendors = identity.vendorIds.map(formatUuid);
  const classes = identity.classIds.map(formatUuid);
  const override = await readGivenOverride(io, folder, BigInt(Math.floor(Date.now() / 1000)));
  terminal.json({
    id: settings.id,
    vendorIds: vendors,
    classIds: classes,
    floor: { sequence: floor.sequence, manifestDigest: bytesToHex(floor.manifestDigest) },
    state: boot.state,
    activeSlot: boot.active,
    reportPending: report?.action ?? null,
    override: overrideJson(override),
    next: bootJson(outcome),
    ...(secondaries === undefined ? {} : { secondaries }),
  });
  terminal.line(`device ${settings.id}`);
  terminal.line(`  vendor id ${vendors.join(", ")}, class id ${classes.join(", ")}`);
  terminal.line(`  floor: sequence ${floor.sequence}`);
  terminal.line(`  active slot ${boot.active}, boot record ${boot.state}`);
  terminal.line(`  next boot: ${imageName(outcome.booted)} from slot ${outcome.booted.slot}, ${mode}`);
  if (override !== undefined) terminal.line(`  ${describeOverride(override)}`);
  if (report !== undefined) terminal.line(`  the outcome of action ${report.action} is still to be reported`);
  for (const secondary of secondaries ?? []) terminal.line(describeSecondary(secondary));
  return exitCode.ok;
}

function describeSecondary({ name, controllerId, port, state, code, floor, sending }: SecondaryFacts): string {
  const why = code === undefined ? "" : `, ${code}`;
  const sequence = floor === undefined ? "" : `, sequence ${floor}`;
  const sent = sending === undefined ? "" : `, ${sending.done} of ${sending.total} bytes sent`;
  return `  secondary ${name} (${controllerId}) at ${port}: ${state}${why}${sequence}${sent}`;
}
