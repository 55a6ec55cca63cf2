/** Ten thousand bad updates in a row, beside a control loop in the same process (CR 7.1, CCSC 1). */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { equalBytes } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { expect, test } from "vitest";
import { deploymentOf, TestServer } from "../ddi/ddi-server.test.support.ts";
import { Device } from "../device/device.ts";
import {
  foreignKey,
  makeRelease,
  type Release,
  type ReleaseOptions,
  testImage,
  testLayout,
} from "../device/release.test.support.ts";
import { defaultStagingRules, memoryLedger, StagingBudget } from "../device/staging-budget.ts";
import { FlashSlots } from "../flash/flash-slots.ts";
import { PacedFlash } from "../flash/paced-flash.ts";
import { flip, provisioned, second } from "../flash/simulated-device.test.support.ts";
import { EventLog } from "../log/event-log.ts";
import { FlashLogStore } from "../log/flash-log-store.ts";
import { agentLogEntries, deviceLogEntries } from "../log/log-event.ts";
import { verifyStoredLog } from "../log/verify-stored-log.ts";
import { FlashState } from "../state/flash-state.ts";
import { Unavailable } from "../unavailable.ts";
import { Agent } from "./agent.ts";

const updates = 10_000;
const tickMs = 10;
/** A control cycle may be late by this much because of updates. */
const mostLateMs = 50;

const collect: () => void = (() => {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
})();

const release = (options: Partial<ReleaseOptions>): Release => makeRelease({ sequence: 6n, ...options });
const made = {
  unsigned: release({ signers: [] }),
  foreign: release({ signers: [foreignKey] }),
  old: release({ sequence: 4n }),
  reused: release({ sequence: 5n, image: testImage(600, 9) }),
  otherVendor: release({ vendorId: new Uint8Array(16).fill(1) }),
  otherClass: release({ classId: new Uint8Array(16).fill(1) }),
  ended: release({ useBefore: 5n }),
  large: release({ image: testImage(5000, 3) }),
};
const half = second.envelope.length >> 1;

/** Every kind; `n` makes each one another. */
const attacks: readonly ((n: number) => Partial<Release>)[] = [
  (n) => ({ ...second, envelope: flip(second.envelope, n % second.envelope.length) }),
  (n) => ({ ...second, envelope: second.envelope.subarray(0, n % second.envelope.length) }),
  (n) => ({ ...second, envelope: new Uint8Array([...second.envelope, n & 255]) }),
  (n) => ({ ...second, envelope: testImage(1 + (n % 1400), n) }),
  () => ({ ...second, envelope: new Uint8Array(60_000) }),
  (n) => ({ ...second, envelope: new Uint8Array(1400).fill(n % 2 === 0 ? 0x81 : 0xd8) }),
  (n) => ({ ...second, envelope: new Uint8Array([...second.envelope.subarray(0, half), ...testImage(400, n)]) }),
  ...Object.values(made).map((bad) => () => bad),
  (n) => ({ ...second, image: flip(second.image, n % second.image.length) }),
  (n) => ({ ...second, image: second.image.subarray(0, n % second.image.length) }),
  (n) => ({ ...second, image: testImage(second.image.length + 1 + (n % 99), n) }),
  () => ({ envelope: second.envelope }),
  () => ({ image: second.image }),
];

/** How late the worst tick was by work of this thread; what other processes took from it is not counted. */
class ControlLoop {
  worstMs = 0;
  ticks = 0;
  readonly #timer: NodeJS.Timeout;

  constructor() {
    let before = process.threadCpuUsage();
    this.#timer = setInterval(() => {
      const { user, system } = process.threadCpuUsage(before);
      before = process.threadCpuUsage();
      this.worstMs = Math.max(this.worstMs, (user + system) / 1000 - tickMs);
      this.ticks++;
    }, tickMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

test("CR 7.1: 10,000 bad updates: memory flat, log sound, active slot untouched, control never late", {
  timeout: 300_000,
}, async () => {
  const { flash } = await provisioned();
  const { slots: regions } = testLayout;
  const active = (): Uint8Array => flash.snapshot().subarray(regions.a.envelopeOffset, regions.b.envelopeOffset);
  const before = active().slice();
  const clock = { ms: 0 };
  const uptimeMs = (): number => clock.ms;
  const paced = new PacedFlash(flash, () => new Promise((resolve) => void setImmediate(resolve)));
  const now = (): bigint => 1_800_000_000n + BigInt(Math.floor(clock.ms / 1000));
  const store = new FlashLogStore(paced, testLayout.log, nodeCrypto);
  const log = await EventLog.open(store, { crypto: nodeCrypto, now, whenFailing: "go-on" });
  const device = new Device({
    slots: new FlashSlots(paced, testLayout, nodeCrypto),
    state: new FlashState(paced, testLayout.state, nodeCrypto),
    crypto: nodeCrypto,
    stagings: new StagingBudget({ ledger: memoryLedger(), rules: defaultStagingRules, uptimeMs }),
    observe: (event) => {
      for (const entry of deviceLogEntries(event)) log.note(entry);
    },
  });
  const server = new TestServer();
  const answers = new Map<string, number>();
  const agent = new Agent({
    device,
    booted: await device.boot(),
    server,
    restart: async () => "postponed",
    selfTest: async () => "passed",
    wait: async () => undefined,
    random: () => 0,
    uptimeMs,
    trustedTime: now,
    operations: async () => undefined,
    observe: (event) => {
      for (const entry of agentLogEntries(event)) log.note(entry);
    },
  });
  const control = new ControlLoop();
  const heaps: number[] = [];
  try {
    for (let n = 0; n < updates; n++) {
      const bad = attacks[n % attacks.length]?.(n) ?? {};
      const artifacts = {
        ...(bad.envelope === undefined ? {} : { "manifest.suit": bad.envelope }),
        ...(bad.image === undefined ? {} : { "firmware.bin": bad.image }),
      };
      server.offered = { ...deploymentOf(String(n + 1), second), artifacts };
      // As often as it is ready to look.
      clock.ms += 120_000;
      const round = await agent.runOnce().catch((fault: unknown) => {
        if (!(fault instanceof Unavailable)) throw fault;
        return { did: "undeliverable", fault } as const;
      });
      const code = "refusal" in round ? round.refusal.code : "fault" in round ? round.fault.code : round.did;
      answers.set(code, (answers.get(code) ?? 0) + 1);
      server.calls.length = 0;
      server.attributes.length = 0;
      // A round over a network takes longer than this.
      await log.flush();
      if (n % 2000 === 1999) {
        collect();
        heaps.push(process.memoryUsage().heapUsed);
      }
    }
  } finally {
    control.stop();
  }
  await log.flush();
  const forbidden = ["updated", "installed", "nothing", "already-installed"].filter((did) => answers.has(did));
  expect({ forbidden, answers: answers.size > 12 }, JSON.stringify([...answers])).toEqual({
    forbidden: [],
    answers: true,
  });
  // What is refused was looked at: most of them, or nothing would have been tried.
  expect(answers.get("passed-over") ?? 0).toBeLessThan(updates / 4);
  expect(equalBytes(active(), before)).toBe(true);
  expect(device.status()).toMatchObject({ running: { sequence: 5n }, floor: { sequence: 5n }, mode: "confirmed" });
  expect(await device.boot()).toMatchObject({ kind: "running", booted: { sequence: 5n } });
  await log.flush();
  expect(await verifyStoredLog(new FlashLogStore(flash, testLayout.log, nodeCrypto), nodeCrypto)).toMatchObject({
    verdict: "sound",
    gaps: [],
  });
  const [first = 0] = heaps;
  expect(Math.max(...heaps) - first).toBeLessThan(2_000_000);
  expect(control.ticks).toBeGreaterThan(100);
  expect(control.worstMs).toBeLessThan(mostLateMs);
});
