import path from "node:path";
import { build } from "esbuild";
import { type BenchResult, median, rounded } from "./bench.ts";
import { mustRun } from "./run-process.ts";
import { type Staged, stageOnce } from "./stage-once.ts";

/** At least 0.8 times the speed is at most 1.25 times the time. */
const budget = { ratio: 1.25, peakMb: 96 };

/** Staging an image into a file slot, against hashing and writing it with nothing around; turn by turn. */
export async function benchStaging(folder: string, bytes: number, rounds: number): Promise<BenchResult> {
  // What cannot be done small cannot be measured large.
  await stageOnce("sumac", path.join(folder, "trial"), 100_000);
  const program = path.join(folder, "stage.mjs");
  // Built, as a device has it: compiling the sources in the process would be most of its memory.
  await build({
    stdin: {
      contents: `import { stageOnce } from "./stage-once.ts";
        const [, , how, folder, size] = process.argv;
        console.log(JSON.stringify(await stageOnce(how, folder, Number(size))));`,
      resolveDir: import.meta.dirname,
    },
    outfile: program,
    bundle: true,
    platform: "node",
    format: "esm",
    minify: true,
  });
  const times: Record<"sumac" | "plain", Staged[]> = { sumac: [], plain: [] };
  let peakMb = 0;
  for (let round = 0; round < rounds; round++) {
    for (const how of ["plain", "sumac"] as const) {
      const words = [program, how, path.join(folder, `${how}-${round}`), `${bytes}`];
      const ran = await mustRun(process.execPath, words, { watch: "memory" });
      times[how].push(JSON.parse(ran.stdout) as Staged);
      if (how === "sumac") peakMb = Math.max(peakMb, ran.peakMb ?? Number.NaN);
    }
  }
  const ratio = (of: (staged: Staged) => number): number => median(times.sumac.map(of)) / median(times.plain.map(of));
  return {
    name: `stage an image of ${Math.round(bytes / 2 ** 20)} MiB in files`,
    rows: [
      {
        what: "median time to the seal, of hash-and-write",
        measured: ratio(({ writeMs }) => writeMs),
        unit: "x",
        budget: budget.ratio,
      },
      {
        what: "median time with the read-back, of hash-and-write and read-and-hash",
        measured: ratio(({ writeMs, readMs }) => writeMs + readMs),
        unit: "x",
        budget: budget.ratio,
      },
      {
        what: "median time with the read-back, of hash-and-write alone",
        measured:
          median(times.sumac.map(({ writeMs, readMs }) => writeMs + readMs)) /
          median(times.plain.map(({ writeMs }) => writeMs)),
        unit: "x",
      },
      { what: "peak resident memory", measured: peakMb, unit: "MB", budget: budget.peakMb },
    ],
    details: {
      bytes,
      sumacMs: times.sumac.map(({ writeMs, readMs }) => [rounded(writeMs), rounded(readMs)]),
      plainMs: times.plain.map(({ writeMs, readMs }) => [rounded(writeMs), rounded(readMs)]),
    },
  };
}
