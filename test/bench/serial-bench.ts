import path from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { type BenchResult, median, rounded } from "./bench.ts";
import { mustRun } from "./run-process.ts";
import {
  computedSpeed,
  mustBeWhole,
  type PeerParameters,
  type SimulatedUpload,
  simulatedUpload,
  terminalPeer,
} from "./upload-speed.ts";

const budget = { clean: 0.97, pipelined: 0.85, lossy: 0.8, bytesPerSecond: 3e6, peakMb: 80 };
const simulatedBytes = 256 * 1024;
const terminalBytes = 1 << 20;
const terminal: PeerParameters = { buffer: 16_384, window: 2 };

/** Uploads over a line: on simulated ones against what the framing allows, and on a real pseudo-terminal as fast as it goes. */
export async function benchSerial(root: string, rounds: number): Promise<BenchResult> {
  const bundle = path.join(root, "packages", "smp", "dist", "upload-speed.test.bundle.mjs");
  // Bundled like the command itself: run from its sources, a process also carries the compiler.
  await build({
    entryPoints: [path.join(import.meta.dirname, "upload-speed.ts")],
    outfile: bundle,
    bundle: true,
    platform: "node",
    format: "esm",
    external: ["serialport", "@lydell/node-pty", "cbor-x"],
    logLevel: "error",
  });
  const clean = { buffer: 1024, window: 1, baud: 115_200 };
  const fast = { buffer: 1024, window: 4, baud: 921_600 };
  const upload = async (line: Omit<SimulatedUpload, "bytes" | "seed">, seed = 1): Promise<number> =>
    (await simulatedUpload({ ...line, bytes: simulatedBytes, seed })).bytesPerSecond;
  const cleanSpeed = await upload({ ...clean, turnaround: 0 });
  const fastSpeed = await upload({ ...fast, turnaround: 4 });
  const lossy: number[] = [];
  for (let seed = 1; seed <= 10; seed++) {
    lossy.push(await upload({ ...clean, turnaround: 0, faults: { swallowed: 0.01 } }, seed));
  }
  const overTerminal: number[] = [];
  const peaks: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const { bytesPerSecond, peakMb } = await overOneTerminal(bundle);
    overTerminal.push(bytesPerSecond);
    peaks.push(peakMb);
  }
  const lossySpeed = lossy.length / lossy.reduce((sum, speed) => sum + 1 / speed, 0);
  return {
    name: "serial line",
    rows: [
      {
        what: "115200 baud, one request at a time, of the computed speed",
        measured: cleanSpeed / computedSpeed(clean, "one-at-a-time"),
        unit: "x",
        floor: budget.clean,
      },
      {
        what: "921600 baud, 4 ms turnaround, of the pipelined speed",
        measured: fastSpeed / computedSpeed(fast, "pipelined"),
        unit: "x",
        floor: budget.pipelined,
      },
      {
        what: "1 % of frames lost, of the clean speed",
        measured: lossySpeed / cleanSpeed,
        unit: "x",
        floor: budget.lossy,
      },
      {
        what: "1 MiB over a pseudo-terminal, median MB a second",
        measured: median(overTerminal) / 1e6,
        unit: "MB/s",
        floor: budget.bytesPerSecond / 1e6,
      },
      { what: "peak resident memory of the sender", measured: Math.max(...peaks), unit: "MB", budget: budget.peakMb },
    ],
    details: { cleanSpeed, fastSpeed, lossy: lossy.map(rounded), overTerminal: overTerminal.map(rounded), peaks },
  };
}

/** The device in this process, the sender in one of its own. */
async function overOneTerminal(bundle: string): Promise<{ readonly bytesPerSecond: number; readonly peakMb: number }> {
  const peer = terminalPeer(terminal);
  const script = [
    `import { sendOverTerminal } from ${JSON.stringify(pathToFileURL(bundle).href)};`,
    `const speed = await sendOverTerminal(${JSON.stringify(peer.path)}, ${terminalBytes});`,
    "console.log(JSON.stringify({ ...speed, peakMb: (process.resourceUsage().maxRSS * 1024) / 1e6 }));",
  ];
  try {
    const sent = await mustRun(process.execPath, ["--input-type=module", "-e", script.join("\n")]);
    return JSON.parse(sent.stdout);
  } finally {
    mustBeWhole(await peer.stop(), terminalBytes);
  }
}
