import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import { classId, firmware, makeRelease, ownerKey, vendorId, vendorKey } from "../device/release.test.support.ts";
import {
  makeTrustUpdate,
  newOwnerKey,
  newVendorKey,
  ownerPart,
  ownerRoot,
  trustLayout,
  vendorPart,
  vendorRoots,
} from "../trust/trust.test.support.ts";
import { powerCutScenario } from "./power-cut-scenario.ts";
import type { PowerCutSubject } from "./power-cut-scene.ts";
import { powerCutSweep } from "./power-cut-sweep.ts";
import { type PlayedTrust, trustPowerCutScripts } from "./power-cut-trust-script.ts";

const [rootA, rootB] = vendorRoots;
/** Every key that any of the records asks for. */
const signers = [vendorKey, ownerKey, newOwnerKey];
const subject: PowerCutSubject = {
  layout: trustLayout,
  crypto: nodeCrypto,
  factory: {
    identity: { vendorIds: [vendorId], classIds: [classId], components: [firmware] },
    trustRecord: vendorPart(),
  },
  releases: [
    makeRelease({ sequence: 1n, signers }),
    makeRelease({ sequence: 2n, signers }),
    makeRelease({ sequence: 3n, signers }),
  ],
  chunkSize: 64,
};
const played: PlayedTrust = {
  factory: vendorPart(),
  vendor: trustUpdate("vendor", vendorPart({ release: [vendorKey, newVendorKey] })),
  firstOwner: ownerPart(),
  owner: trustUpdate("owner", ownerPart([newOwnerKey])),
};
const scripts = trustPowerCutScripts(played);

function trustUpdate(part: "vendor" | "owner", record: Uint8Array): PlayedTrust["vendor"] {
  const roots = part === "vendor" ? [rootA, rootB] : [ownerRoot];
  return {
    record,
    sequence: 1n,
    envelope: makeTrustUpdate({ part, sequence: 1n, record, signers: roots, payload: "remote" }),
  };
}

const nothingWrong = { bricked: 0, unsignedRun: 0, rolledBack: 0, floorLost: 0, stuck: 0, broken: 0, failures: [] };

describe("EDR 3.12, EDR 3.13, T-DEV-POWER-CUT: the power is cut while the trust record changes", () => {
  for (const script of scripts) {
    test(`${script.name}: the old record or the new one is in force, and the device takes the next update`, async () => {
      const scenario = await powerCutScenario(script, subject);
      const report = await powerCutSweep(scenario, { points: "every", seed: 1, afterwards: "boots-and-updates" });
      expect(report).toMatchObject(nothingWrong);
      expect(report.tried).toBe(report.operations * 3);
    });

    test(`${script.name}: and cut once more at every operation of the boot that follows, at some of the points`, async () => {
      const scenario = await powerCutScenario(script, subject);
      expect(await powerCutSweep(scenario, { points: 40, seed: 2, cuts: "twice" })).toMatchObject(nothingWrong);
    });
  }

  test("the sweep sees a device that keeps neither", async () => {
    const [change, other] = [scripts, trustPowerCutScripts({ ...played, firstOwner: ownerPart([newVendorKey]) })].map(
      (stories) => stories.find(({ name }) => name === "owner-key-change"),
    );
    if (change === undefined || other?.judge === undefined) throw new Error("no such story");
    const scenario = await powerCutScenario({ ...change, judge: other.judge }, subject);
    const report = await powerCutSweep(scenario, { points: 12, seed: 1 });
    expect(report.broken).toBeGreaterThan(0);
  });
});
