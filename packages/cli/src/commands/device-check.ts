import { nodeCrypto } from "@sumac/crypto/node";
import {
  explainDevice,
  type IntegrityFinding,
  type IntegrityParts,
  type IntegrityReport,
  integritySteps,
  type SelfTestReport,
  selfTest,
  selfTestWait,
} from "@sumac/device";
import { type RunningConfig, readRunningConfig } from "../agent/running-config.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { acceptChanges, isAcceptable } from "../device/accept-changes.ts";
import { openIdleDevice } from "../device/booted-device.ts";
import { deviceKeyOf } from "../device/device-folder.ts";
import { existingDevice } from "../device/existing-device.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { usage } from "../failure.ts";
import { readWhoAndWhy } from "../who-and-why.ts";

export const deviceCheck: Command = {
  name: "device check",
  summary: "digest a device's images again and compare all with what is signed",
  operands: [{ name: "folder", summary: "where the device lives" }],
  options: [
    { name: "config", value: "file", summary: "configuration of the agent, compared with what was declared right" },
    { name: "accept", summary: "take the configuration, or a state without this device's seal, for right" },
    { name: "by", value: "name", summary: "with --accept: who answers for it; stands in the event log" },
    { name: "reason", value: "text", summary: "with --accept: why; stands in the event log" },
  ],
  notes: [
    "Asks the verifier for known answers (CR 3.3), then checks the active images against their manifest, and trust record,",
    "identity, floors and configuration against the seal of the device's key. Looks at a copy; the device may run meanwhile.",
    "With --accept it must not. What is accepted is the configuration, and a seal that is missing or another key's; never an",
    "image, a trust record, an identity or a floor.",
  ],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const folder = given.operand("folder");
  const { settings, slots, state } = existingDevice(io, folder);
  const deviceKey = (await deviceKeyOf(io, folder))?.publicKey ?? "no-seal";
  const tested = await selfTest(nodeCrypto);
  const verifier = { verdict: tested.verdict, asked: tested.cases.length, wrong: wrongOf(tested) };
  const wait = selfTestWait(tested);
  if (wait !== undefined) {
    for (const { name, expected, answered } of verifier.wrong) {
      terminal.line(`verifier, ${name}: ${answered} instead of ${expected}`);
    }
    const facts = { code: wait.code, ...explainDevice(wait) };
    terminal.failure({ ...facts, exit: exitCode.device });
    terminal.json({ device: settings.id, verifier, result: "untested", error: facts });
    return exitCode.device;
  }
  const config = given.option("config");
  const running = config === undefined ? undefined : await readRunningConfig(io, config);
  const parts: IntegrityParts = { slots, state, crypto: nodeCrypto, deviceKey, ...configurationOf(running) };
  let report = await examine(parts);
  if (given.flag("accept") === "given") {
    const whoAndWhy = readWhoAndWhy(given);
    const { findings } = report;
    if (findings.length > 0 && findings.every(isAcceptable)) {
      const opened = await openIdleDevice(io, folder);
      try {
        await acceptChanges(opened, findings, whoAndWhy, running?.digest);
      } finally {
        await opened.close();
      }
      for (const finding of findings) terminal.line(`accepted: ${describe(finding)}`);
      const { slots: after, state: stored } = existingDevice(io, folder);
      report = await examine({ ...parts, slots: after, state: stored });
    }
  } else if (given.option("by") !== undefined || given.option("reason") !== undefined) {
    throw usage("bad-value", "--by and --reason have a meaning with --accept only", "leave them out, or say --accept");
  }
  const { findings, bytes } = report;
  for (const finding of findings) terminal.line(describe(finding));
  const [first] = findings;
  const shown = { device: settings.id, verifier, bytes, findings };
  if (first === undefined) {
    terminal.json({ ...shown, result: "sound" });
    terminal.line(`${settings.id} is as it was signed: ${bytes} bytes of images, trust record, identity and floors`);
    terminal.line(`  the verifier knew all ${verifier.asked} answers of its self-test`);
    if (deviceKey === "no-seal") terminal.note("the device has no key: only the images were compared with a signature");
    return exitCode.ok;
  }
  const facts = {
    code: "integrity-violated",
    problem: `${findings.length === 1 ? "one thing is" : `${findings.length} things are`} not as signed: ${describe(first)}`,
    remedy: findings.every(isAcceptable)
      ? "look at its event log; if somebody meant it: sumac device check --accept, with --by and --reason"
      : "take the device out of service and look at its event log: sumac device log show",
  };
  terminal.failure({ ...facts, exit: exitCode.device });
  terminal.json({ ...shown, result: "violated", error: facts });
  return exitCode.device;
}

const configurationOf = (running: RunningConfig | undefined): Pick<IntegrityParts, "configurationDigest"> =>
  running === undefined ? {} : { configurationDigest: async () => running.digest };

async function examine(parts: IntegrityParts): Promise<IntegrityReport> {
  const steps = integritySteps(parts);
  for (;;) {
    const step = await steps.next();
    if (step.done) return step.value;
  }
}

const wrongOf = ({ cases }: SelfTestReport) => cases.filter(({ expected, answered }) => expected !== answered);

const describe = ({ subject, code, component, slot }: IntegrityFinding): string =>
  [subject, component, slot && `in slot ${slot}`, code].filter((part) => part !== undefined).join(" ");
