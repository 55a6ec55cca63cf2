import { powerCutScenario, powerCutSweep } from "@sumac/device";
import { playedDevices } from "../power-cut/played-devices.ts";
import { type BenchResult, rounded } from "./bench.ts";

/** Of the processor: what else runs on the machine is not the device's doing. */
const budgetMs = 2;

/** Every cut of every scenario of every device, once: cut, boot, judge. The recording of a scenario is not counted. */
export async function benchPowerCut(): Promise<BenchResult> {
  const scenarios: { readonly scenario: string; readonly cutPoints: number; readonly msEach: number }[] = [];
  let [tried, spentMs, wrong] = [0, 0, 0];
  for (const { name, subject, scripts } of await playedDevices()) {
    for (const script of scripts) {
      const scenario = await powerCutScenario(script, subject);
      const began = process.cpuUsage();
      const report = await powerCutSweep(scenario, { points: "every", seed: 1 });
      const { user, system } = process.cpuUsage(began);
      const ms = (user + system) / 1000;
      scenarios.push({
        scenario: `${name} ${script.name}`,
        cutPoints: report.tried,
        msEach: rounded(ms / report.tried),
      });
      tried += report.tried;
      spentMs += ms;
      wrong += report.failures.length;
    }
  }
  return {
    name: "a simulated power cut and the boot after it",
    rows: [
      { what: "processor time of one, over all scenarios", measured: spentMs / tried, unit: "ms", budget: budgetMs },
      { what: "cut points after which something was wrong", measured: wrong / tried, unit: "x", budget: 0 },
    ],
    details: { cutPoints: tried, scenarios },
  };
}
