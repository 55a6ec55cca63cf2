import type { BootOutcome } from "../device/boot-device.ts";
import { Device } from "../device/device.ts";
import type { Flash } from "../flash/flash.ts";
import type { FlashLayout } from "../flash/flash-layout.ts";
import { FlashSlots } from "../flash/flash-slots.ts";
import { EventLog } from "../log/event-log.ts";
import { FlashLogStore } from "../log/flash-log-store.ts";
import { deviceLogEntries } from "../log/log-event.ts";
import type { LogEntry } from "../log/log-record.ts";
import { verifyStoredLog } from "../log/verify-stored-log.ts";
import { FlashState } from "../state/flash-state.ts";
import type { PowerCutScene, PowerCutScript, PowerCutSubject, PoweredDevice } from "./power-cut-scene.ts";
import { provision, update } from "./power-cut-steps.ts";

/** The same subject with an event log in its flash, that hears of everything the device does. */
export const withEventLog = (subject: PowerCutSubject): PowerCutSubject => ({
  ...subject,
  switchOn: (flash, layout, crypto) => switchOn(flash, layout, crypto),
});

async function switchOn(flash: Flash, layout: FlashLayout, crypto: PowerCutSubject["crypto"]): Promise<PoweredDevice> {
  const store = new FlashLogStore(flash, layout.log, crypto);
  const log = await EventLog.open(store, { crypto, now: () => undefined, whenFailing: "go-on" });
  const pending: LogEntry[] = [];
  const device = new Device({
    slots: new FlashSlots(flash, layout, crypto),
    state: new FlashState(flash, layout.state, crypto),
    crypto,
    // Written at rest, not behind the device's back: a scenario has to do the same whenever it is played.
    observe: (event) => pending.push(...deviceLogEntries(event)),
  });
  const settle = async (): Promise<void> => {
    for (const entry of pending.splice(0)) await log.append(entry);
  };
  return { device, settle };
}

/** Each refusal is two records: so many of them turn the general ring over. */
const refusals = 11;

async function refuseMany({ device, settle }: PowerCutScene): Promise<void> {
  await device.boot();
  for (let i = 0; i < refusals; i++) {
    device.receive(Uint8Array.of(i), {});
    await settle?.();
  }
}

/** What has to hold of the log after every cut: it verifies, up to gap markers, and is not empty. */
export async function judgeEventLog(
  { flash, subject, settle }: PowerCutScene,
  _: BootOutcome,
): Promise<string | undefined> {
  await settle?.();
  const { layout, crypto } = subject;
  const verdict = await verifyStoredLog(new FlashLogStore(flash, layout.log, crypto), crypto);
  if (verdict.verdict === "altered") {
    const { code, ring, index } = verdict.problem;
    return `${code} in the ${ring} ring at ${index}`;
  }
  if (verdict.torn.length > 0) return `the ${verdict.torn.join(" and ")} ring is torn without a gap marker`;
  return verdict.records === 0 ? "the log is empty" : undefined;
}

/** Play it on a subject that `withEventLog` has made. */
export const logRotation: PowerCutScript = {
  name: "log-rotation",
  appliesTo: ({ switchOn: hasLog }) => hasLog !== undefined,
  before: async (scene) => {
    await provision(scene);
    await scene.settle?.();
    await refuseMany(scene);
  },
  act: async (scene) => {
    await refuseMany(scene);
    await update(scene, 1);
    await scene.settle?.();
    await refuseMany(scene);
  },
  judge: judgeEventLog,
};
