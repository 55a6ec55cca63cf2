import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import type { AgentEvent } from "../agent/agent-event.ts";
import { Device } from "../device/device.ts";
import type { DeviceEvent } from "../device/device-event.ts";
import { foreignKey, makeRelease } from "../device/release.test.support.ts";
import { FlashSlots } from "../flash/flash-slots.ts";
import { MemoryFlash } from "../flash/memory-flash.ts";
import { streamOf } from "../flash/simulated-device.test.support.ts";
import { policyChanges } from "../operator/policy.ts";
import { FlashState } from "../state/flash-state.ts";
import { ownerPart, testTimeRules, trustFactory, trustLayout, vendorPart } from "../trust/trust.test.support.ts";
import { collect } from "./event-log.contract.ts";
import { EventLog, type LoggedRecord } from "./event-log.ts";
import { FlashLogStore } from "./flash-log-store.ts";
import { agentLogEntries, deviceLogEntries } from "./log-event.ts";
import { logTypes } from "./log-type.ts";
import { verifyStoredLog } from "./verify-stored-log.ts";

const first = makeRelease({ sequence: 5n });
const second = makeRelease({ sequence: 6n });

interface Scene {
  readonly device: Device;
  readonly log: EventLog;
  told(event: DeviceEvent): void;
  store(): FlashLogStore;
  switchOff(): Device;
}

/** A provisioned device that has booted, with a log that is empty when the scenario begins. */
async function scene(): Promise<Scene> {
  const flash = new MemoryFlash(trustLayout.geometry);
  let time = 1_800_000_000n;
  const log = await EventLog.open(new FlashLogStore(flash, trustLayout.log, nodeCrypto), {
    crypto: nodeCrypto,
    now: () => time++,
    whenFailing: "go-on",
  });
  let listen: "yes" | "no" = "no";
  const told = (event: DeviceEvent): void => {
    if (listen === "yes") for (const entry of deviceLogEntries(event)) log.note(entry);
  };
  const device = (): Device =>
    new Device({
      slots: new FlashSlots(flash, trustLayout, nodeCrypto),
      state: new FlashState(flash, trustLayout.state, nodeCrypto),
      crypto: nodeCrypto,
      timeRules: testTimeRules,
      observe: told,
    });
  const made = device();
  const provisioned = await made.provision(trustFactory(vendorPart(), first));
  expect(provisioned.ok).toBe(true);
  await made.boot();
  listen = "yes";
  const store = (): FlashLogStore => new FlashLogStore(flash, trustLayout.log, nodeCrypto);
  return { device: made, log, told, store, switchOff: device };
}

async function stage(device: Device): Promise<void> {
  const received = device.receive(second.envelope, {});
  if (!received.ok || received.value.kind !== "offer") throw new Error("the release is refused");
  const { offer } = received.value;
  const installed = await device.install(offer, { fetch: (from) => streamOf(second.image.subarray(from)) });
  expect(installed.ok).toBe(true);
}

const scenarios: readonly (readonly [string, readonly number[], (on: Scene) => Promise<void>])[] = [
  ["received", [101, 110], async ({ device }) => void device.receive(first.envelope, {})],
  ["verified", [101, 102], async ({ device }) => void device.receive(second.envelope, {})],
  [
    "refused",
    [101, 103],
    async ({ device }) => void device.receive(makeRelease({ sequence: 6n, signers: [foreignKey] }).envelope, {}),
  ],
  ["staged", [101, 102, 105], ({ device }) => stage(device)],
  [
    "installed",
    [101, 102, 105, 106],
    async ({ device }) => {
      await stage(device);
      await device.arm();
    },
  ],
  ["booted", [201], async ({ switchOff }) => void (await switchOff().boot())],
  [
    "confirmed",
    [101, 102, 105, 106, 201, 204, 209],
    async ({ device, switchOff }) => {
      await stage(device);
      await device.arm();
      const next = switchOff();
      await next.boot();
      await next.confirm();
    },
  ],
  [
    "rolled back",
    [101, 102, 105, 106, 201, 205, 201],
    async ({ device, switchOff }) => {
      await stage(device);
      await device.arm();
      await switchOff().boot();
      await switchOff().boot();
    },
  ],
  [
    "trust change",
    [301],
    async ({ device }) => {
      expect(await device.own(ownerPart())).toMatchObject({ ok: true });
    },
  ],
  [
    "time change",
    [401],
    async ({ device }) => {
      expect(await device.setTime(1_900_000_000n)).toMatchObject({ ok: true });
    },
  ],
  [
    "policy change",
    [501],
    async ({ told }) => {
      for (const event of policyChanges({ approvals: 1, window: "night" }, { approvals: 2, window: "night" }))
        told(event);
    },
  ],
  ["log cleared", [701], async ({ log }) => log.clear("operator anna")],
];

const fieldsOf = ({ record, digest }: LoggedRecord): readonly unknown[] => [
  record.counter,
  record.time,
  record.source,
  record.category,
  record.id,
  record.result,
  record.previous,
  digest,
];

describe("CR 2.8: 12 scenarios give exactly the expected event ids, with no field empty", () => {
  test.each(scenarios)("%s", async (_, expected, act) => {
    const on = await scene();
    await act(on);
    await on.log.flush();
    const records = await collect(on.log);
    expect(records.map(({ record }) => record.id)).toEqual(expected);
    for (const logged of records) for (const field of fieldsOf(logged)) expect(field ?? "").not.toBe("");
  });

  test("there are twelve", () => expect(scenarios).toHaveLength(12));
});

test("CR 2.8: a refusal names its code", async () => {
  const on = await scene();
  on.device.receive(makeRelease({ sequence: 4n }).envelope, {});
  on.device.receive(new Uint8Array(3), {});
  await on.log.flush();
  const refused = (await collect(on.log)).filter(({ record }) => record.id === logTypes["update-refused"].id);
  expect(refused.map(({ record }) => record.facts)).toEqual([
    { code: "rollback", offered: "4", floor: "5" },
    expect.objectContaining({ code: "malformed", field: expect.any(String), offset: expect.any(String) }),
  ]);
});

test("CR 2.12: the record of a verified order ties it to the keys of who approved it", () => {
  const keyId = new Uint8Array(32).fill(0xab);
  const [entry] = deviceLogEntries({
    event: "received",
    set: "release",
    sequence: 7n,
    manifestDigest: new Uint8Array(32),
    signers: [
      { role: "release", keyId: new Uint8Array(32) },
      { role: "owner", keyId },
    ],
  });
  expect(entry?.facts).toMatchObject({ "signer-owner": "ab".repeat(32), "signer-release": "00".repeat(32) });
});

test("what waits for time or a person is no refusal", () => {
  const [entry] = deviceLogEntries({ event: "refused", refusal: { code: "trial-running" } });
  expect(entry).toMatchObject({ type: "update-waiting", result: "waiting", facts: { code: "trial-running" } });
});

test("the agent adds what the device does not know, and repeats nothing", () => {
  const cases: readonly (readonly [AgentEvent, string | undefined])[] = [
    [{ event: "polled", sleepMs: 1 }, undefined],
    [{ event: "offered", action: "7", sequence: 6n, size: 9n }, "update-ordered"],
    [{ event: "refused", action: "7", refusal: { code: "trial-running" } }, undefined],
    [{ event: "held-back", action: "7" }, "update-held-back"],
    [{ event: "cancelled", action: "7" }, "update-cancelled"],
    [{ event: "reported", action: "7", finished: "success", details: ["a", "b"] }, "update-reported"],
    [{ event: "restart-postponed" }, "restart-postponed"],
    [
      {
        event: "image-not-started",
        image: { slot: "a", sequence: 5n, manifestDigest: new Uint8Array(32), images: [] },
        how: "ENOENT",
      },
      "image-not-started",
    ],
  ];
  for (const [event, type] of cases)
    expect(agentLogEntries(event).map((entry) => entry.type)).toEqual(type === undefined ? [] : [type]);
});

test("ids and names are each used once", () => {
  const ids = Object.values(logTypes).map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

test("CR 7.1, 7.2: 10,000 bad updates in a row leave the log whole, what runs as it was, and a control cycle on time", async () => {
  const on = await scene();
  const running = on.device.status();
  const forged = makeRelease({ sequence: 6n, signers: [foreignKey] }).envelope;
  const bad = [forged, forged.subarray(0, 99), makeRelease({ sequence: 4n }).envelope, new Uint8Array(4000)];
  let longest = 0;
  for (let i = 0; i < 10_000; i++) {
    // The work itself: what a busy machine takes away in the middle of it is not the device's.
    const began = process.threadCpuUsage();
    if (on.device.receive(bad[i % bad.length] ?? forged, {}).ok) throw new Error("a bad update was taken");
    const { user, system } = process.threadCpuUsage(began);
    longest = Math.max(longest, user + system);
    await on.log.flush();
  }
  const records = await collect(on.log);
  // Two records each, and one that the log was nearly full.
  expect(records.at(-1)?.record).toMatchObject({ counter: 20_000, id: 103 });
  expect(records.length).toBeLessThan(200);
  expect(on.log.status).toEqual({ state: "working" });
  expect(await verifyStoredLog(on.store(), nodeCrypto)).toMatchObject({ verdict: "sound", gaps: [] });
  expect(on.device.status()).toEqual(running);
  expect(longest).toBeLessThan(50_000);
});
