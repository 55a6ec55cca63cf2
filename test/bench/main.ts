// npm run bench [-- --only NAME] [--size BYTES|64M|1G] [--rounds N] [--json]
// Prints a table and the numbers behind it as JSON. A budget that is missed is reported, not failed: only a bench that
// cannot measure ends with another exit code than 0.
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { type BenchResult, isMet, rounded, table } from "./bench.ts";
import { benchDemo } from "./demo-bench.ts";
import { benchFleet } from "./fleet-bench.ts";
import { benchPayload } from "./payload-bench.ts";
import { benchPowerCut } from "./power-cut-bench.ts";
import { benchRepository } from "./repository-bench.ts";
import { mustRun } from "./run-process.ts";
import { benchSdl } from "./sdl-bench.ts";
import { benchSerial } from "./serial-bench.ts";
import { benchStaging } from "./staging-bench.ts";
import { benchStartUp } from "./start-up-bench.ts";
import { benchVerify } from "./verify-bench.ts";

const root = path.resolve(import.meta.dirname, "..", "..");
const cli = path.join(root, "packages", "cli", "dist", "sumac.js");

const { values } = parseArgs({
  options: {
    size: { type: "string", default: "1G" },
    rounds: { type: "string" },
    only: { type: "string", multiple: true },
    json: { type: "boolean", default: false },
  },
});

const benches: Readonly<Record<string, (folder: string) => Promise<BenchResult>>> = {
  payload: (folder) => benchPayload(cli, folder, parseSize(values.size), rounds(5)),
  "start-up": (folder) => benchStartUp(cli, folder, rounds(25)),
  verify: benchVerify,
  staging: (folder) => benchStaging(folder, 64 << 20, rounds(7)),
  "power-cut": benchPowerCut,
  repository: (folder) => benchRepository(folder, rounds(9)),
  fleet: (folder) => benchFleet(cli, root, folder, 10_000),
  serial: () => benchSerial(root, rounds(5)),
  sdl: (folder) => benchSdl(cli, folder, rounds(5)),
  demo: () => benchDemo(root, rounds(3)),
};

const results: BenchResult[] = [];
await mustRun(process.execPath, [path.join(root, "packages", "cli", "bundle.ts")], { cwd: root });
for (const [name, bench] of Object.entries(benches)) {
  if (values.only !== undefined && !values.only.includes(name)) continue;
  process.stderr.write(`bench: ${name}\n`);
  const folder = mkdtempSync(path.join(tmpdir(), "sumac-bench-"));
  const tidy = (): void => rmSync(folder, { recursive: true, force: true });
  process.once("exit", tidy);
  try {
    results.push(await bench(folder));
  } finally {
    tidy();
    process.off("exit", tidy);
  }
}
if (!values.json) console.log(`${table(results)}\n`);
console.log(JSON.stringify(report(), null, 2));

function report(): unknown {
  return {
    node: process.version,
    processor: cpus()[0]?.model ?? "unknown",
    benches: results.map(({ name, rows, details }) => ({
      name,
      rows: rows.map((row) => ({ ...row, measured: rounded(row.measured), met: isMet(row) })),
      details,
    })),
  };
}

function rounds(usual: number): number {
  const count = Number(values.rounds ?? usual);
  if (Number.isInteger(count) && count > 0) return count;
  throw new RangeError("--rounds is a positive number");
}

function parseSize(text: string): number {
  const match = /^(\d{1,12})([KMG]?)$/.exec(text);
  if (match === null) throw new RangeError("--size is bytes, or a number with K, M or G");
  return Number(match[1]) * 1024 ** ["", "K", "M", "G"].indexOf(match[2] ?? "");
}
