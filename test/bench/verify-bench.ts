import { toBeSigned } from "@sumac/cose";
import type { Crypto } from "@sumac/crypto";
import { nobleEd25519Crypto } from "@sumac/crypto/noble-ed25519";
import { nodeCrypto } from "@sumac/crypto/node";
import { parseEnvelope } from "@sumac/suit";
import { type TrustRecord, trustKey, verifyEnvelope } from "@sumac/verifier";
import { type BenchResult, type BenchRow, least, median, rounded } from "./bench.ts";
import { writeSampleRelease } from "./sample-release.ts";

/** Bytes: text makes up what the envelope of one component lacks. */
const size = 1024;

interface Ports {
  readonly name: string;
  readonly crypto: Crypto;
  readonly budget: number;
  /** Calls in one measurement: short, so that what disturbs one side of a pair disturbs the other too. */
  readonly batch: number;
  readonly rounds: number;
}

const ports: readonly Ports[] = [
  { name: "node:crypto", crypto: nodeCrypto, budget: 1.3, batch: 50, rounds: 101 },
  { name: "noble", crypto: nobleEd25519Crypto, budget: 1.1, batch: 5, rounds: 51 },
];

/** What parsing and judging an envelope costs beside the one signature that has to be checked anyway. */
export async function benchVerify(folder: string): Promise<BenchResult> {
  const digest = { algorithm: "sha-256", bytes: new Uint8Array(32) } as const;
  const { envelope, publicKey } = await writeSampleRelease(folder, { digest, size: 1n }, size);
  const parsed = parseEnvelope(envelope);
  const block = parsed.ok ? parsed.value.blocks[0] : undefined;
  if (!parsed.ok || block?.kind !== "sign1") throw new Error("the sample has one signature");
  const { sign1 } = block;
  const message = toBeSigned(sign1.protected, parsed.value.digestElement);

  const rows: BenchRow[] = [];
  const details: Record<string, number> = {};
  for (const { name, crypto, budget, batch, rounds } of ports) {
    const keys = [trustKey(publicKey, crypto)];
    const trust: TrustRecord = {
      roles: [{ name: "release", purpose: "release", threshold: 1, keys, components: "any" }],
      legacyAlgorithms: [],
    };
    const recipient = { vendorIds: "any", classIds: "any", components: "any" } as const;
    const context = { crypto, trust, recipient, installed: { floor: 0n } };
    time(() => verifyEnvelope(envelope, context).ok, batch * 40);
    const whole: number[] = [];
    const signature: number[] = [];
    for (let round = 0; round < rounds; round++) {
      whole.push(time(() => verifyEnvelope(envelope, context).ok, batch));
      signature.push(time(() => crypto.verify(publicKey, message, sign1.signature), batch));
    }
    const ratios = whole.map((one, round) => one / (signature[round] ?? Number.NaN));
    rows.push({ what: `${name}: of its one Ed25519 verification`, measured: median(ratios), unit: "x", budget });
    details[`${name} least ratio`] = rounded(least(whole) / least(signature));
    details[`${name} whole, microseconds`] = rounded(median(whole));
    details[`${name} signature, microseconds`] = rounded(median(signature));
  }
  return { name: `verify an envelope of ${envelope.length} bytes in a warm process`, rows, details };
}

/** Microseconds a call, of processor time: what other processes do in between counts for neither side. */
function time(work: () => boolean, batch: number): number {
  const begun = process.cpuUsage();
  for (let i = 0; i < batch; i++) if (!work()) throw new Error("the sample is not accepted");
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / batch;
}
