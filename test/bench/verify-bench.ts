import { toBeSigned } from "@sumac/cose";
import { nodeCrypto } from "@sumac/crypto/node";
import { parseEnvelope } from "@sumac/suit";
import { type TrustRecord, trustKey, verifyEnvelope } from "@sumac/verifier";
import { type BenchResult, median, rounded } from "./bench.ts";
import { writeSampleRelease } from "./sample-release.ts";

const batch = 200;
const rounds = 15;

/** What parsing and judging an envelope costs beside the one signature that has to be checked anyway. */
export async function benchVerify(folder: string): Promise<BenchResult> {
  const digest = { algorithm: "sha-256", bytes: new Uint8Array(32) } as const;
  const { envelope, publicKey } = await writeSampleRelease(folder, { digest, size: 1n });
  const trust: TrustRecord = {
    roles: [
      { name: "release", purpose: "release", threshold: 1, keys: [trustKey(publicKey, nodeCrypto)], components: "any" },
    ],
    legacyAlgorithms: [],
  };
  const context = {
    crypto: nodeCrypto,
    trust,
    recipient: { vendorIds: "any", classIds: "any", components: "any" },
    installed: { floor: 0n },
  } as const;
  const parsed = parseEnvelope(envelope);
  const block = parsed.ok ? parsed.value.blocks[0] : undefined;
  if (!parsed.ok || block?.kind !== "sign1") throw new Error("the sample has one signature");
  const { sign1 } = block;
  const message = toBeSigned(sign1.protected, parsed.value.digestElement);

  const whole: number[] = [];
  const signature: number[] = [];
  for (let round = 0; round < rounds; round++) {
    whole.push(time(() => verifyEnvelope(envelope, context).ok));
    signature.push(time(() => nodeCrypto.verify(publicKey, message, sign1.signature)));
  }
  return {
    name: `verify an envelope of ${envelope.length} bytes in a warm process`,
    rows: [
      { what: "median time, of one Ed25519 verification", measured: median(whole) / median(signature), unit: "x" },
    ],
    details: { wholeMicroseconds: rounded(median(whole)), signatureMicroseconds: rounded(median(signature)) },
  };
}

/** Microseconds a call. */
function time(work: () => boolean): number {
  const begun = process.hrtime.bigint();
  for (let i = 0; i < batch; i++) if (!work()) throw new Error("the sample is not accepted");
  return Number(process.hrtime.bigint() - begun) / 1000 / batch;
}
