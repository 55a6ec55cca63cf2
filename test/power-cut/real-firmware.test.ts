import { nodeCrypto } from "@sumac/crypto/node";
import { type PowerCutSubject, planFlash, powerCutScenario, powerCutSweep, scriptsFor } from "@sumac/device";
import { serializeTrustRecord, trustKey } from "@sumac/verifier";
import { describe, expect, test } from "vitest";
import { exampleImage, firmware, identity, makeRelease, testSigner } from "../support/example-product.ts";

const vendor = await testSigner("vendor-p256");
async function release(version: "1.0.0" | "1.1.0" | "1.2.0", sequence: bigint) {
  const { envelope, image } = await makeRelease({ version, sequence, image: exampleImage(version) }, [vendor]);
  return { envelope, images: [image] };
}

const subject: PowerCutSubject = {
  layout: planFlash({
    eraseBlock: 2048,
    writeSize: 16,
    components: [{ id: firmware, capacity: 20_000 }],
    envelope: 4000,
    state: 1000,
  }),
  crypto: nodeCrypto,
  factory: {
    identity,
    trustRecord: serializeTrustRecord({
      roles: [
        {
          name: "release",
          purpose: "release",
          threshold: 1,
          keys: [trustKey(vendor.publicKey, nodeCrypto)],
          components: [firmware],
        },
      ],
      legacyAlgorithms: [],
    }),
  },
  releases: [await release("1.0.0", 1n), await release("1.1.0", 2n), await release("1.2.0", 3n)],
  chunkSize: 512,
};

const nothingWrong = { bricked: 0, unsignedRun: 0, rolledBack: 0, floorLost: 0, stuck: 0, broken: 0, failures: [] };

describe("T-DEV-POWER-CUT: real firmware, signed by a real signer, the power cut at every flash operation", {
  timeout: 60_000,
}, () => {
  test.each(scriptsFor(subject))("$name: a good image boots, and the next update installs", async (script) => {
    const scenario = await powerCutScenario(script, subject);
    const report = await powerCutSweep(scenario, { points: "every", seed: 7, afterwards: "boots-and-updates" });
    expect(report).toMatchObject(nothingWrong);
    expect(report.tried).toBe(report.operations * 3);
    expect(report.tried).toBeGreaterThan(0);
  });

  test.each(scriptsFor(subject))(
    "$name: also when the boot that follows is cut at each of its operations",
    async (script) => {
      const scenario = await powerCutScenario(script, subject);
      const report = await powerCutSweep(scenario, { points: "every", seed: 11, cuts: "twice" });
      expect(report).toMatchObject(nothingWrong);
      expect(report.tried).toBeGreaterThanOrEqual(report.operations * 3);
    },
  );
});
