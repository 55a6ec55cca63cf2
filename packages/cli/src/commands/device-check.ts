import { nodeCrypto } from "@sumac/crypto/node";
import {
  explainDevice,
  type IntegrityFinding,
  type IntegrityReport,
  integritySteps,
  type SelfTestReport,
  selfTest,
  selfTestWait,
} from "@sumac/device";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { deviceKeyOf } from "../device/device-folder.ts";
import { existingDevice } from "../device/existing-device.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";

export const deviceCheck: Command = {
  name: "device check",
  summary: "digest a device's images again and compare all with what is signed",
  operands: [{ name: "folder", summary: "where the device lives" }],
  options: [],
  notes: [
    "Checks the active images against their manifest, and trust record, identity, floors and configuration against the",
    "seal of the device's key, after the verifier itself was asked for known answers (CR 3.3). Looks at a copy of the flash; the device itself may run meanwhile.",
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
  const steps = integritySteps({ slots, state, crypto: nodeCrypto, deviceKey });
  let report: IntegrityReport | undefined;
  while (report === undefined) {
    const step = await steps.next();
    if (step.done) report = step.value;
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
    remedy: "take the device out of service and look at its event log: sumac device log show",
  };
  terminal.failure({ ...facts, exit: exitCode.device });
  terminal.json({ ...shown, result: "violated", error: facts });
  return exitCode.device;
}

const wrongOf = ({ cases }: SelfTestReport) => cases.filter(({ expected, answered }) => expected !== answered);

const describe = ({ subject, code, component, slot }: IntegrityFinding): string =>
  [subject, component, slot && `in slot ${slot}`, code].filter((part) => part !== undefined).join(" ");
