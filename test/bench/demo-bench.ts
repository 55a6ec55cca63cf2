import { type BenchResult, median, rounded } from "./bench.ts";
import { mustRun } from "./run-process.ts";

const budgetSeconds = 10;

/** The whole `npm run demo`, once everything it needs is installed and in the page cache. */
export async function benchDemo(root: string, rounds: number): Promise<BenchResult> {
  const words = ["run", "--silent", "demo", "--", "--json"];
  await mustRun("npm", words, { cwd: root });
  const seconds: number[] = [];
  for (let round = 0; round < rounds; round++) {
    seconds.push((await mustRun("npm", words, { cwd: root })).wallMs / 1000);
  }
  return {
    name: "npm run demo, warm",
    rows: [{ what: "median wall time", measured: median(seconds), unit: "s", budget: budgetSeconds }],
    details: { seconds: seconds.map(rounded) },
  };
}
