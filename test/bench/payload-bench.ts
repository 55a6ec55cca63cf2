import { createCipheriv, createHash } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import path from "node:path";
import { type BenchResult, least, median, rounded } from "./bench.ts";
import { mustRun, runProcess } from "./run-process.ts";
import { writeSampleRelease } from "./sample-release.ts";

const budget = { ratio: 1.15, peakMb: 120 };

/** How long `sumac verify` takes for a payload, against `openssl dgst -sha256` on the same file; turn by turn. */
export async function benchPayload(cli: string, folder: string, bytes: number, rounds: number): Promise<BenchResult> {
  const name = `verify a payload of ${Math.round(bytes / 2 ** 20)} MiB`;
  if (!(await hasOpenssl())) return { name, rows: [], details: { skipped: "there is no openssl to compare with" } };
  const file = path.join(folder, "payload.bin");
  const digest = { algorithm: "sha-256", bytes: writePseudoRandom(file, bytes) } as const;
  const release = await writeSampleRelease(folder, { digest, size: BigInt(bytes) });
  const words = [
    "verify",
    release.envelopeFile,
    "--key",
    release.keyFile,
    "--payload",
    `${release.uri}=${file}`,
    "--json",
  ];
  const sumac: number[] = [];
  const openssl: number[] = [];
  let peakMb = 0;
  for (let round = 0; round < rounds; round++) {
    const verified = await mustRun(process.execPath, [cli, ...words], { watch: "memory" });
    if (!verified.stdout.includes('"state": "verified"')) throw new Error("the payload was not verified");
    sumac.push(verified.wallMs);
    peakMb = Math.max(peakMb, verified.peakMb ?? Number.NaN);
    openssl.push((await mustRun("openssl", ["dgst", "-sha256", file])).wallMs);
  }
  return {
    name,
    rows: [
      {
        what: "median wall time, of openssl dgst -sha256",
        measured: median(sumac) / median(openssl),
        unit: "x",
        budget: budget.ratio,
      },
      { what: "least wall time, of openssl dgst -sha256", measured: least(sumac) / least(openssl), unit: "x" },
      { what: "peak resident memory", measured: peakMb, unit: "MB", budget: budget.peakMb },
    ],
    details: { bytes, sumacMs: sumac.map(rounded), opensslMs: openssl.map(rounded) },
  };
}

async function hasOpenssl(): Promise<boolean> {
  try {
    return (await runProcess("openssl", ["version"])).code === 0;
  } catch {
    return false;
  }
}

/** Real bytes, not a hole in a sparse file; the same ones in every run. Answers their SHA-256. */
function writePseudoRandom(file: string, bytes: number): Uint8Array {
  const keystream = createCipheriv("aes-128-ctr", Buffer.alloc(16, 1), Buffer.alloc(16));
  const zeros = Buffer.alloc(4 << 20);
  const hash = createHash("sha256");
  const descriptor = openSync(file, "wx");
  try {
    for (let left = bytes; left > 0; ) {
      const chunk = keystream.update(zeros.subarray(0, Math.min(left, zeros.length)));
      hash.update(chunk);
      for (let at = 0; at < chunk.length; ) at += writeSync(descriptor, chunk, at);
      left -= chunk.length;
    }
  } finally {
    closeSync(descriptor);
  }
  return new Uint8Array(hash.digest());
}
