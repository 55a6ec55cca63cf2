// npm run power-cut [-- --json] [-- --seed N] [-- --device NAME]
//
// Cuts the power of simulated devices before, in the middle of and after every operation on their flash, in every
// scenario, and again at every operation of the boot that follows; then judges what runs. Exit code 0 = every device
// kept every promise of docs/spec/device.md section 2, 1 = some did not.
import { parseArgs } from "node:util";
import { type PowerCutFailure, type PowerCutReport, powerCutScenario, powerCutSweep } from "@sumac/device";
import { playedDevices } from "./played-devices.ts";

/** Cut points of each scenario after which the device must also take another update, as far as there are so many. */
const updatedPoints = 40;
const mostFailuresShown = 20;

const usage = "npm run power-cut [-- --json] [-- --seed N] [-- --device NAME]";
const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    seed: { type: "string", default: "1" },
    device: { type: "string" },
  },
});
const seed = Number(values.seed);
if (!/^\d{1,9}$/.test(values.seed)) {
  console.error(`error[usage]: --seed is a whole number\nhint: ${usage}`);
  process.exit(2);
}

interface Played extends PowerCutReport {
  readonly device: string;
}

const began = performance.now();
const reports: Played[] = [];
const devices = await playedDevices();
if (values.device !== undefined && !devices.some(({ name }) => name === values.device)) {
  console.error(`error[usage]: --device is one of ${devices.map(({ name }) => name).join(", ")}\nhint: ${usage}`);
  process.exit(2);
}
for (const { name: device, subject, scripts } of devices) {
  if (values.device !== undefined && values.device !== device) continue;
  for (const script of scripts) {
    const scenario = await powerCutScenario(script, subject);
    const started = performance.now();
    const twice = await powerCutSweep(scenario, { points: "every", seed, cuts: "twice" });
    const points = Math.min(updatedPoints, 3 * twice.operations);
    const updated = await powerCutSweep(scenario, { points, seed: seed + 1, afterwards: "boots-and-updates" });
    reports.push({ device, ...twice }, { device, ...updated });
    const ms = performance.now() - started;
    const tried = twice.tried + updated.tried;
    if (!values.json) console.log(line(device, script.name, twice.operations, tried, (ms / tried).toFixed(2)));
    report(device, script.name, [...twice.failures, ...updated.failures]);
  }
}

const sum = (of: (report: Played) => number): number => reports.reduce((total, each) => total + of(each), 0);
const totals = {
  scenarios: reports.length / 2,
  cutPoints: sum(({ tried }) => tried),
  bricked: sum(({ bricked }) => bricked),
  rolledBack: sum(({ rolledBack }) => rolledBack),
  unsignedRun: sum(({ unsignedRun }) => unsignedRun),
  floorLost: sum(({ floorLost }) => floorLost),
};
const failures = sum((each) => each.failures.length);
if (values.json) console.log(JSON.stringify(totals));
else
  console.log(
    `${totals.cutPoints} cut points in ${Math.round((performance.now() - began) / 1000)} s, ${failures} wrong`,
  );
process.exitCode = failures === 0 ? 0 : 1;

function line(device: string, scenario: string, operations: number, tried: number, ms: string): string {
  const counts = `${String(operations).padStart(5)} operations ${String(tried).padStart(7)} cut points`;
  return `${device.padEnd(8)} ${scenario.padEnd(17)}${counts}  ${ms} ms each`;
}

function report(device: string, scenario: string, found: readonly PowerCutFailure[]): void {
  for (const { problem, detail, cut, second, seed: noise } of found.slice(0, mostFailuresShown)) {
    const again = second === undefined ? "" : `, then ${second.moment} operation ${second.operation} of the boot`;
    console.error(
      `error[${problem}]: ${device}, ${scenario}: ${detail}\n` +
        `hint: cut ${cut.moment} operation ${cut.operation}${again}, noise ${noise}`,
    );
  }
}
