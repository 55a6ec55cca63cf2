import { nodeCrypto } from "@sumac/crypto/node";
import { flashDevice, MemoryFlash, planFlash, powerCutScenario, powerCutSweep } from "@sumac/device";
import { serializeTrustRecord } from "@sumac/verifier";
import { describe, expect, test } from "vitest";
import { playedDevices } from "../power-cut/played-devices.ts";
import { craftRelease } from "../support/crafted-envelope.ts";
import { firmware } from "../support/example-product.ts";
import {
  foreign,
  imageOf,
  newer,
  offer,
  provisioned,
  release,
  running,
  streamOf,
  vendor,
} from "../support/sample-device.ts";
import { recipientContext } from "../vectors/recipient-context.ts";
import { readVectors } from "../vectors/vector-folder.ts";

/** A device like the recipient that the vectors are written for. */
const { trust, recipient, now = 0n } = recipientContext();
const layout = planFlash({
  eraseBlock: 4096,
  writeSize: 16,
  components: [{ id: firmware, capacity: 65_536 }],
  envelope: 65_536,
  state: 4000,
});

async function recipientDevice() {
  if (recipient.vendorIds === "any" || recipient.classIds === "any") throw new Error("the recipient is nobody");
  const [vendorIdentifier, classIdentifier] = [recipient.vendorIds[0], recipient.classIds[0]];
  if (vendorIdentifier === undefined || classIdentifier === undefined) throw new Error("the recipient has no ids");
  const [deviceId] = recipient.deviceIds === "any" ? [] : (recipient.deviceIds ?? []);
  const flash = new MemoryFlash(layout.geometry);
  const device = flashDevice(flash, layout, nodeCrypto);
  const { envelope, image } = await craftRelease({
    sequence: 5n,
    parameters: { vendorIdentifier, classIdentifier },
    signers: [vendor],
  });
  const made = await device.provision({
    identity: {
      vendorIds: [vendorIdentifier],
      classIds: [classIdentifier],
      components: [firmware],
      ...(deviceId === undefined ? {} : { deviceId }),
    },
    trustRecord: serializeTrustRecord(trust),
    envelope,
    fetch: () => streamOf(image),
  });
  if (!made.ok) throw new Error(made.error.code);
  const booted = await device.boot();
  if (booted.kind !== "running") throw new Error(JSON.stringify(booted));
  return { flash, device };
}

describe("EDR 3.2: only what was verified and authorised is stored as runnable", () => {
  test("EDR 3.2: of all negative vectors for this recipient, not one has anything written", async () => {
    const { flash, device } = await recipientDevice();
    const before = flash.snapshot();
    const negative = readVectors("suit").filter(
      ({ expect: wanted, headers }) => wanted.verdict === "reject" && (headers.context ?? "basic") === "basic",
    );
    expect(negative.length).toBeGreaterThan(100);
    const taken: string[] = [];
    for (const { name, bytes } of negative) {
      const answer = device.receive(bytes, { now });
      if (answer.ok) taken.push(name);
    }
    expect(taken).toEqual([]);
    expect(flash.snapshot()).toEqual(before);
    expect(await device.boot()).toMatchObject({ booted: { sequence: 5n, slot: "a" }, why: "active" });
  });

  test("EDR 3.2: a payload that is not what was signed is in the slot, without a seal, and does not run", async () => {
    const sample = await provisioned();
    expect(await offer(sample.device, { ...newer, image: imageOf(9n) })).toMatchObject({ ok: false });
    expect(sample.device.status().boot.state).toBe("idle");
    await expect(sample.device.arm()).rejects.toThrow("nothing is staged");
    expect(await sample.device.boot()).toMatchObject({ booted: { sequence: 5n, slot: "a" } });
  });

  test("EDR 3.2: there is no way to install past the checks: only what this device has judged is an offer", async () => {
    const sample = await provisioned();
    const other = await provisioned();
    const received = other.device.receive(newer.envelope, {});
    if (!received.ok || received.value.kind !== "offer") throw new Error("refused");
    const { offer: judgedElsewhere } = received.value;
    const before = sample.flash.snapshot();
    const source = { fetch: () => streamOf(newer.image) };
    await expect(sample.device.install(judgedElsewhere, source)).rejects.toThrow("has not received the offer");
    await expect(sample.device.install({ ...judgedElsewhere }, source)).rejects.toThrow("has not received the offer");
    expect(sample.flash.snapshot()).toEqual(before);
    // Nor does an offer outlive the session that judged it.
    await other.device.boot();
    await expect(other.device.install(judgedElsewhere, source)).rejects.toThrow("has not received the offer");
  });

  test("EDR 3.2: the factory's way in has the same checks, and is open once", async () => {
    const factory = async (made: typeof running) => {
      const { device } = await provisioned();
      const { identity, trust: stored } = device.status();
      const fresh = new MemoryFlash(layout.geometry);
      const answer = await flashDevice(fresh, layout, nodeCrypto).provision({
        identity,
        trustRecord: stored.vendor.record,
        envelope: made.envelope,
        fetch: () => streamOf(made.image),
      });
      return answer;
    };
    expect(await factory(await release(5n, [foreign]))).toMatchObject({ error: { code: "signer-unknown" } });
    expect(await factory({ ...running, image: imageOf(9n) })).toMatchObject({
      error: { code: "image-digest-mismatch" },
    });
    const { device } = await provisioned();
    const { identity, trust: stored } = device.status();
    const again = { identity, trustRecord: stored.vendor.record, envelope: newer.envelope };
    expect(await device.provision({ ...again, fetch: () => streamOf(newer.image) })).toMatchObject({
      error: { code: "already-provisioned" },
    });
  });
});

describe("EDR 3.10: power cuts: it boots the old release or the new one, never neither", () => {
  const stories = ["update", "failed-trial", "multi-component", "trust-update"];
  test.each(stories)("EDR 3.10: %s, cut at 200 points and more", async (story) => {
    const device = (await playedDevices()).find(({ scripts }) => scripts.some(({ name }) => name === story));
    const script = device?.scripts.find(({ name }) => name === story);
    if (device === undefined || script === undefined) throw new Error(`nobody plays ${story}`);
    const report = await powerCutSweep(await powerCutScenario(script, device.subject), { points: 240, seed: 1 });
    expect(report.tried).toBeGreaterThanOrEqual(200);
    expect(report.failures).toEqual([]);
  });
});
