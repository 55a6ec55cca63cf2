import { nodeCrypto } from "@sumac/crypto/node";
import { type Policy, takeInventory } from "@sumac/device";
import { trustKey } from "@sumac/verifier";
import { policyOf } from "../agent/agent-policy.ts";
import { readRunningConfig } from "../agent/running-config.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { deviceKeyOf } from "../device/device-folder.ts";
import type { DeviceSettings } from "../device/device-settings.ts";
import { bootedCopy } from "../device/existing-device.ts";
import { describeOverride, overrideJson, readGivenOverride } from "../device/given-override.ts";
import { fixedPolicy, simulatedPolicy } from "../device/simulated-policy.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import type { Io } from "../io.ts";

export const deviceInventory: Command = {
  name: "device inventory",
  summary: "show what a device is, runs, believes and is set to",
  operands: [{ name: "folder", summary: "where the device lives" }],
  options: [
    { name: "config", value: "file", summary: "gateway: configuration of its agent, for how it treats updates" },
  ],
  notes: ["Looks at a copy, and changes nothing; the device itself may run meanwhile."],
  run,
};

/** What a gateway does stands in the configuration of its agent; without one nothing is said of that. */
async function policyFor(settings: DeviceSettings, config: string | undefined, io: Io): Promise<Policy> {
  if (settings.platform === undefined) return simulatedPolicy;
  if (config === undefined) return fixedPolicy;
  return { ...policyOf((await readRunningConfig(io, config)).config), ...fixedPolicy };
}

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const folder = given.operand("folder");
  const { device, settings } = await bootedCopy(io, folder);
  const key = await deviceKeyOf(io, folder);
  const inventory = takeInventory({
    device: settings.id,
    ...(key === undefined ? {} : { deviceKeyId: trustKey(key.publicKey, nodeCrypto).keyId }),
    status: device.status(),
    policy: await policyFor(settings, given.option("config"), io),
    crypto: nodeCrypto,
  });
  const override = await readGivenOverride(io, folder, BigInt(Math.floor(Date.now() / 1000)));
  terminal.json({ ...inventory, override: overrideJson(override) });
  const { components, running, floors, trust, policy } = inventory;
  terminal.line(`device ${inventory.device}, key ${inventory.deviceKeyId ?? "none"}`);
  for (const { component, version, digest, size } of components) {
    terminal.line(`  ${component} ${version ?? "without version"}, ${size} bytes, ${digest.algorithm} ${digest.value}`);
  }
  terminal.line(`  runs sequence ${running.sequence} from slot ${running.slot}, ${running.mode}`);
  terminal.line(`  floor: sequence ${floors.release.sequence}`);
  for (const part of ["vendor", "owner"] as const) {
    const held = trust[part];
    terminal.line(`  trust of the ${part}: ${held === null ? "none" : `${held.digest} (update ${held.sequence})`}`);
  }
  if (override !== undefined) terminal.line(`  ${describeOverride(override)}`);
  for (const [setting, value] of Object.entries(policy)) terminal.line(`  ${setting}: ${value}`);
  return exitCode.ok;
}
