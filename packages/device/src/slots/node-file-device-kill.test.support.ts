/**
 * A device in a folder that lives as fast as it can until it is killed: it installs, breaks downloads off, resumes, arms,
 * boots, confirms, reverts, abandons and is reset. Run by `node-file-device-kill.test.ts`.
 */
import { readFileSync, readlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Device } from "../device/device.ts";
import { seededBytes } from "../power-cut/power-cut.ts";
import { openFileDevice } from "./node-file-device.ts";
import type { ImageSource } from "./stage-update.ts";

const [, , folder = "", material = "", seed = "0", count = "0"] = process.argv;
const byte = seededBytes(Number(seed));
const file = (name: string): Uint8Array => new Uint8Array(readFileSync(join(material, name)));
const say = (line: Record<string, unknown>): void => void writeSync(1, `${JSON.stringify(line)}\n`);
const named = (name: string): Uint8Array[] => [new TextEncoder().encode(name)];

const components = [
  { id: named("firmware"), capacity: 300_000 },
  { id: named("radio"), capacity: 100_000 },
];
const { parts } = await openFileDevice({ folder, components, reserve: 0 });
const device = new Device(parts);

class BrokenLine extends Error {}

/** The payloads of a release; breaks off somewhere if it has to. */
function payloads(sequence: number, line: "sound" | "breaks"): ImageSource["fetch"] {
  return async function* (from, { uri }) {
    if (from > 0) say({ event: "resumed", from });
    const image = file(`${sequence % 6}.${uri}`);
    const end = line === "sound" ? image.length : from + byte() * 400;
    for (let at = from; at < image.length; at += 4000) {
      if (at >= end) throw new BrokenLine();
      yield image.subarray(at, at + 4000);
    }
  };
}

async function boot(): Promise<void> {
  const outcome = await device.boot();
  if (outcome.kind === "not-provisioned") {
    const envelope = file("1.suit");
    const identity = {
      vendorIds: [file("vendor.id")],
      classIds: [file("class.id")],
      components: components.map(({ id }) => id),
    };
    const trustRecord = file("trust");
    const made = await device.provision({ envelope, identity, trustRecord, fetch: payloads(1, "sound") });
    if (!made.ok) throw new Error(made.error.code);
    say({ event: "provisioned" });
    return boot();
  }
  if (outcome.kind !== "running")
    throw new Error(JSON.stringify(outcome, (_, v) => (typeof v === "bigint" ? `${v}` : v)));
  const { slot, sequence } = outcome.booted;
  const { boot: record, floor } = device.status();
  say({
    event: "booted",
    slot,
    sequence: Number(sequence),
    mode: outcome.mode,
    why: outcome.why,
    floor: Number(floor.sequence),
    state: record.state,
    current: readlinkSync(join(folder, "current")),
  });
}

async function live(next: number): Promise<void> {
  const received = device.receive(file(`${next}.suit`), {});
  // Killed or reverted too often: there is a next one.
  if (!received.ok && received.error.code === "trials-exhausted") return;
  if (!received.ok || received.value.kind !== "offer") throw new Error(`release ${next} is not offered`);
  const { offer } = received.value;
  if (byte() % 3 === 0) {
    try {
      await device.install(offer, { fetch: payloads(next, "breaks") });
    } catch (error) {
      if (!(error instanceof BrokenLine)) throw error;
    }
    if (byte() % 8 === 0) await device.abandon();
  }
  const installed = await device.install(offer, { fetch: payloads(next, "sound") });
  if (!installed.ok) throw new Error(installed.error.code);
  if (byte() % 16 === 0) {
    await device.factoryReset();
    return;
  }
  await device.arm();
  await boot();
  if (byte() % 4 === 0) await boot();
}

await boot();
for (let next = Number(device.status().floor.sequence) + 1; next <= Number(count); next++) {
  if (device.status().mode === "trial") {
    const confirmed = await device.confirm();
    if (confirmed.ok) say({ event: "confirmed", sequence: Number(confirmed.value.sequence) });
  }
  next = Math.max(next, Number(device.status().running.sequence) + 1);
  if (next <= Number(count)) await live(next);
}
if (device.status().mode === "trial") await device.confirm();
say({ event: "finished", floor: Number(device.status().floor.sequence) });
