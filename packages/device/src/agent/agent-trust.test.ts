import { describe, expect, test } from "vitest";
import { TestServer } from "../ddi/ddi-server.test.support.ts";
import { makeRelease, vendorKey } from "../device/release.test.support.ts";
import {
  makeTrustUpdate,
  newVendorKey,
  sendRelease,
  type TrustSubject,
  testTimeRules,
  trusting,
  vendorPart,
  vendorRoots,
} from "../trust/trust.test.support.ts";
import { Agent } from "./agent.ts";

const [rootA, rootB] = vendorRoots;
const record = vendorPart({ release: [vendorKey, newVendorKey] });

async function agentOf({ device, flash }: TrustSubject, clock?: () => bigint) {
  const server = new TestServer();
  const booted = await device.boot();
  const agent = new Agent({
    device,
    booted,
    server,
    restart: () => device.boot(),
    selfTest: async () => "passed",
    wait: async () => undefined,
    random: () => 0,
    uptimeMs: () => 0,
    trustedTime: () => clock?.(),
    operations: async () => undefined,
    observe: () => undefined,
  });
  return { agent, server, device, flash };
}

const offer = (envelope: Uint8Array, payload = record) => ({
  action: "7",
  artifacts: { "manifest.suit": envelope, "trust-record.cbor": payload },
});

describe("EDR 3.12: an agent brings a trust update from the server", () => {
  test.each(["integrated", "remote"] as const)(
    "EDR 3.12: it comes into force without a restart: %s",
    async (payload) => {
      const { agent, server, device } = await agentOf(await trusting());
      server.offered = offer(
        makeTrustUpdate({ part: "vendor", sequence: 1n, record, signers: [rootA, rootB], payload }),
      );
      expect(await agent.runOnce()).toMatchObject({ did: "updated", action: "7" });
      expect(server.feedbacks).toEqual(["POST 7 closed/success vendor-trust-changed"]);
      expect(device.status()).toMatchObject({ mode: "confirmed", trust: { vendor: { record, sequence: 1n } } });
      expect(await sendRelease(device, makeRelease({ sequence: 6n, signers: [newVendorKey] }))).toMatchObject({
        ok: true,
      });
    },
  );

  test("EDR 3.12: what is refused is told to the server by its code, and is not fetched again at once", async () => {
    const { agent, server, device, flash } = await agentOf(await trusting());
    const before = flash.snapshot();
    const update = { part: "vendor", sequence: 1n, record, payload: "remote" } as const;
    server.offered = offer(makeTrustUpdate({ ...update, signers: [rootA] }));
    expect(await agent.runOnce()).toMatchObject({ did: "refused", refusal: { code: "threshold-not-met" } });
    const altered = record.with(60, (record[60] ?? 0) ^ 1);
    server.offered = { ...offer(makeTrustUpdate({ ...update, signers: [rootA, rootB] }), altered), action: "8" };
    expect(await agent.runOnce()).toMatchObject({ did: "refused", refusal: { code: "image-digest-mismatch" } });
    expect(server.feedbacks).toEqual([
      "POST 7 closed/failure threshold-not-met",
      "POST 8 closed/failure image-digest-mismatch",
    ]);
    server.offered = { ...offer(makeTrustUpdate({ ...update, signers: [rootA, rootB] }), altered), action: "9" };
    expect(await agent.runOnce()).toMatchObject({ did: "passed-over" });
    expect(flash.snapshot()).toEqual(before);
    expect(device.status().trust.vendor.sequence).toBe(0n);
  });

  test("a payload that the deployment lacks is undeliverable", async () => {
    const { agent, server } = await agentOf(await trusting());
    const envelope = makeTrustUpdate({
      part: "vendor",
      sequence: 1n,
      record,
      signers: [rootA, rootB],
      payload: "remote",
    });
    server.offered = { action: "7", artifacts: { "manifest.suit": envelope } };
    expect(await agent.runOnce()).toMatchObject({ did: "undeliverable", fault: { code: "artifact-missing" } });
  });
});

test("CR 2.11: an agent keeps the time as it polls, once a day", async () => {
  let clock = testTimeRules.buildTime;
  const { agent, device, flash } = await agentOf(await trusting(), () => clock);
  let writes = 0;
  let last = flash.snapshot();
  for (let polls = 0; polls < 300; polls++) {
    clock += 1000n;
    await agent.runOnce();
    const now = flash.snapshot();
    if (!Buffer.from(now).equals(Buffer.from(last))) writes++;
    last = now;
  }
  expect(writes).toBe(3);
  expect(device.status().lastTime).toBeGreaterThan(testTimeRules.buildTime + 2n * 86_400n);
});
