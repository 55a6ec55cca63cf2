import { type BenchResult, least, median, rounded } from "./bench.ts";
import { mustRun } from "./run-process.ts";
import { writeSampleRelease } from "./sample-release.ts";

const envelopeBytes = 2000;
const budget = 1.6;

/** How long the built command takes to verify a small envelope, against Node doing nothing; turn by turn. */
export async function benchStartUp(cli: string, folder: string, rounds: number): Promise<BenchResult> {
  const digest = { algorithm: "sha-256", bytes: new Uint8Array(32) } as const;
  const { envelope, envelopeFile, keyFile } = await writeSampleRelease(folder, { digest, size: 1n }, envelopeBytes);
  const words = [cli, "verify", envelopeFile, "--key", keyFile, "--json"];
  const bare: number[] = [];
  const sumac: number[] = [];
  for (let round = 0; round < rounds; round++) {
    bare.push((await mustRun(process.execPath, ["-e", "0"])).wallMs);
    sumac.push((await mustRun(process.execPath, words)).wallMs);
  }
  return {
    name: `verify an envelope of ${envelope.length} bytes`,
    rows: [
      { what: "median wall time, of node -e 0", measured: median(sumac) / median(bare), unit: "x", budget },
      { what: "least wall time, of node -e 0", measured: least(sumac) / least(bare), unit: "x", budget },
    ],
    details: { sumacMs: sumac.map(rounded), nodeMs: bare.map(rounded) },
  };
}
