import { concatBytes, equalBytes } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { beforeAll, describe, expect, test } from "vitest";
import { explainDevice } from "../explain.ts";
import { BranchFlash, type FlashBlocks } from "../flash/branch-flash.ts";
import { slotHead } from "../flash/flash-layout.ts";
import { openScene, type PowerCutScene } from "../power-cut/power-cut-scene.ts";
import { provision, ruinSlots, update } from "../power-cut/power-cut-steps.ts";
import { rememberVerdicts } from "../power-cut/remembered-verdicts.ts";
import { FlashState } from "../state/flash-state.ts";
import { parseState, serializeState } from "../state/state.ts";
import type { BootOutcome } from "./boot-device.ts";
import type { Device } from "./device.ts";
import { setLayout, setSubject } from "./release.test.support.ts";

const subject = setSubject();
const crypto = rememberVerdicts(nodeCrypto);
const { geometry } = setLayout;

/** What a byte can become: decay clears or sets single bits, a lost cell reads all ones or all zeros. */
const damages: readonly ((byte: number) => number)[] = [
  (byte) => byte ^ 0x01,
  (byte) => byte ^ 0x80,
  () => 0x00,
  () => 0xff,
  (byte) => (byte + 1) & 0xff,
];

/** Runs release 2 from slot b, confirmed, with release 1 in slot a and a recovery image. */
let healthy: FlashBlocks;
let content: Uint8Array;
beforeAll(async () => {
  const flash = new BranchFlash(geometry);
  const scene = await openScene(flash, subject, nodeCrypto);
  await provision(scene);
  await update(scene, 1);
  await scene.device.boot();
  healthy = flash.branch();
  content = await flash.read(0, geometry.size);
});

async function sceneWith(...changes: readonly (readonly [at: number, byte: number])[]): Promise<PowerCutScene> {
  const { eraseBlock } = geometry;
  const blocks = [...healthy];
  for (const [at, byte] of changes) {
    const block = Math.floor(at / eraseBlock);
    blocks[block] = (blocks[block] ?? new Uint8Array()).with(at % eraseBlock, byte);
  }
  return openScene(new BranchFlash(geometry, blocks), subject, crypto);
}

/** Nothing but signed releases, whole, and no floor below what it was. Answers what came of it. */
async function judge({ device, flash }: PowerCutScene, what: string): Promise<string> {
  const outcome: BootOutcome = await device.boot();
  if (outcome.kind === "not-provisioned") return expect.fail(`${what}: it believes that it was never provisioned`);
  if (outcome.kind === "recovery-needed") {
    expect(explainDevice(outcome.why).problem.length, what).toBeGreaterThan(10);
    return outcome.why.code;
  }
  const { slot, sequence } = outcome.booted;
  const release = slot === "recovery" ? subject.recovery?.[0] : subject.releases[Number(sequence) - 1];
  const images = setLayout.slots[slot]?.images ?? [];
  for (const [i, { offset }] of images.entries()) {
    const image = release?.images[i] ?? new Uint8Array();
    if (!equalBytes(await flash.read(offset, image.length), image)) expect.fail(`${what}: image ${i} is not signed`);
  }
  const { floor, recovery } = device.status();
  if (floor.sequence !== 2n || recovery?.sequence !== 1n) expect.fail(`${what}: the floor is ${floor.sequence}`);
  if (slot !== "recovery" && sequence < floor.sequence) expect.fail(`${what}: runs ${sequence}`);
  return `runs ${outcome.mode} ${slot}`;
}

type Seen = Map<string, number>;
const saw = (seen: Seen, what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1);

describe("CR 3.4, EDR 3.14: flash corrupted byte by byte: it boots what is signed, or names the reason", () => {
  const { offset, bankSize } = setLayout.state;

  test.each([0, 1])("state, copy %i alone: the other copy says what runs", async (bank) => {
    const seen: Seen = new Map();
    for (let at = offset + bank * bankSize; at < offset + (bank + 1) * bankSize; at++) {
      const byte = content[at] ?? 0;
      for (const [i, damage] of damages.entries()) {
        // Erased places come last and often: one damage each is enough there.
        if (damage(byte) === byte || (byte === 0xff && i !== at % damages.length)) continue;
        saw(seen, await judge(await sceneWith([at, damage(byte)]), `byte ${at} as ${damage(byte)}`));
      }
    }
    expect([...seen.keys()]).toEqual(["runs confirmed b"]);
    expect(seen.get("runs confirmed b")).toBeGreaterThan(bankSize);
  });

  test("state, the same byte of both copies: an older record is never believed", async () => {
    const seen: Seen = new Map();
    for (let at = offset; at < offset + bankSize; at++) {
      const byte = content[at] ?? 0;
      const damage = damages[at % damages.length];
      if (damage === undefined || damage(byte) === byte) continue;
      const scene = await sceneWith([at, damage(byte)], [at + bankSize, damage(byte)]);
      saw(seen, await judge(scene, `byte ${at} of both as ${damage(byte)}`));
    }
    expect([...seen.keys()].sort()).toEqual(["runs confirmed b", "state-unreadable"]);
  });

  test("state, one whole copy lost: noise, zeros, an older copy", async () => {
    for (const bank of [0, 1]) {
      for (const fill of [0x00, 0x55, 0xff]) {
        const flash = new BranchFlash(geometry, healthy);
        const scene = await openScene(flash, subject, crypto);
        for (let at = 0; at < bankSize; at += geometry.eraseBlock) await flash.erase(offset + bank * bankSize + at);
        await flash.write(offset + bank * bankSize, new Uint8Array(bankSize).fill(fill));
        expect(await judge(scene, `bank ${bank} full of ${fill}`)).toBe("runs confirmed b");
      }
    }
  });

  for (const slot of ["a", "b", "recovery"] as const) {
    test(`slot ${slot}: head, seal and envelope`, async () => {
      const seen: Seen = new Map();
      const region = setLayout.slots[slot];
      if (region === undefined) throw new Error("no such slot");
      const envelope =
        slot === "recovery" ? subject.recovery?.[0].envelope : subject.releases[slot === "a" ? 0 : 1].envelope;
      const length = slotHead(geometry.writeSize, region.images.length).length + (envelope?.length ?? 0);
      for (let at = region.envelopeOffset; at < region.envelopeOffset + length; at++) {
        const byte = content[at] ?? 0;
        for (const damage of damages) {
          if (damage(byte) === byte) continue;
          saw(seen, await judge(await sceneWith([at, damage(byte)]), `byte ${at} as ${damage(byte)}`));
        }
      }
      // Whatever is damaged in one slot, another still boots.
      expect([...seen.keys()]).toEqual([slot === "b" ? "runs recovery recovery" : "runs confirmed b"]);
      expect([...seen.values()].reduce((sum, n) => sum + n)).toBeGreaterThan(4 * length - 200);
    });
  }

  test("recovery, when it is all that is left: it runs, or the reason is named", async () => {
    const region = setLayout.slots.recovery;
    const flash = new BranchFlash(geometry, healthy);
    await ruinSlots(await openScene(flash, subject, crypto));
    const ruined = flash.branch();
    const seen: Seen = new Map();
    const start = region?.envelopeOffset ?? 0;
    for (let at = start; at < start + (region?.envelopeSize ?? 0) + 450; at += 3) {
      const blocks = [...ruined];
      const block = Math.floor(at / geometry.eraseBlock);
      const byte = content[at] ?? 0;
      blocks[block] = (blocks[block] ?? new Uint8Array()).with(at % geometry.eraseBlock, byte ^ 0x10);
      const scene = await openScene(new BranchFlash(geometry, blocks), subject, crypto);
      saw(seen, await judge(scene, `byte ${at}`));
    }
    expect([...seen.keys()].sort()).toEqual(["no-usable-slot", "runs recovery recovery"]);
  });
});

describe("a state with a right checksum and wrong contents", () => {
  const outcomes = new Map<string, number>();

  /** Both copies say the same, as after a write by a device that was wrong, or by somebody with a probe. */
  async function bootOn(bytes: Uint8Array): Promise<{ device: Device; outcome: BootOutcome; flash: BranchFlash }> {
    const flash = new BranchFlash(geometry, healthy);
    const { offset, bankSize } = setLayout.state;
    for (let at = 0; at < 2 * bankSize; at += geometry.eraseBlock) await flash.erase(offset + at);
    for (const bank of [0, 1]) await flash.write(offset + bank * bankSize, stateRecord(bytes));
    const { device } = await openScene(flash, subject, crypto);
    return { device, outcome: await device.boot(), flash };
  }

  test("every byte changed: nothing unsigned runs, and what is refused has a name", async () => {
    const scene = await sceneWith();
    await scene.device.boot();
    const reading = await new FlashState(scene.flash, setLayout.state, crypto).read();
    if (reading.kind !== "present") throw new Error("no state");
    const good = serializeState(reading.state);
    for (let at = 0; at < good.length; at++) {
      for (const damage of damages) {
        const bytes = good.with(at, damage(good[at] ?? 0));
        const { outcome, flash } = await bootOn(bytes);
        if (outcome.kind === "recovery-needed") {
          expect(explainDevice(outcome.why).problem.length).toBeGreaterThan(10);
          saw(outcomes, outcome.why.code);
          continue;
        }
        if (outcome.kind !== "running") expect.fail(`byte ${at}: ${outcome.kind}`);
        const { slot, sequence } = outcome.booted;
        const release = slot === "recovery" ? subject.recovery?.[0] : subject.releases[Number(sequence) - 1];
        const [place] = setLayout.slots[slot]?.images ?? [];
        const image = release?.images[0] ?? new Uint8Array();
        expect(equalBytes(await flash.read(place?.offset ?? 0, image.length), image), `byte ${at}`).toBe(true);
        saw(outcomes, `runs ${slot}`);
        expect(parseState(bytes).ok).toBe(true);
      }
    }
    expect([...outcomes.keys()].sort()).toEqual([
      "components-misfit",
      "no-usable-slot",
      "runs b",
      "runs recovery",
      "state-malformed",
      "trust-record-refused",
    ]);
  });
});

/** A record as `FlashState` writes it: magic, length, sequence, checksum, content. */
function stateRecord(bytes: Uint8Array): Uint8Array {
  const start = new Uint8Array(16);
  start.set(new TextEncoder().encode("SmS1"));
  const view = new DataView(start.buffer);
  view.setUint32(4, bytes.length);
  view.setBigUint64(8, 1n);
  const digest = nodeCrypto.startDigest("sha-256");
  digest.update(start);
  digest.update(bytes);
  const record = new Uint8Array(Math.ceil((32 + bytes.length) / geometry.writeSize) * geometry.writeSize).fill(0xff);
  record.set(concatBytes(start, digest.digest().subarray(0, 16), bytes));
  return record;
}
