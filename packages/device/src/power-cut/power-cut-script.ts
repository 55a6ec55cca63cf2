import { equalBytes } from "@sumac/crypto";
import { parseEnvelope } from "@sumac/suit";
import { defaultMaxTrials } from "../device/boot.ts";
import { FlashSlots } from "../flash/flash-slots.ts";
import type { PowerCutScene, PowerCutScript, PowerCutSubject } from "./power-cut-scene.ts";
import {
  beginInstall,
  damaged,
  install,
  installAndArm,
  provision,
  ruinSlots,
  totalSize,
  tryAndConfirm,
  update,
} from "./power-cut-steps.ts";

const hasRecovery = ({ recovery }: PowerCutSubject): boolean => recovery !== undefined;
const hasSeveralComponents = ({ layout }: PowerCutSubject): boolean => layout.slots.a.images.length > 1;

const secondRecovery = ({ subject }: PowerCutScene) => {
  const [, release] = subject.recovery ?? [];
  if (release === undefined) throw new Error("the subject has no recovery images");
  return release;
};

/** A recovery image that is sealed is not below the recovery floor: it would run if it had to. */
async function recoveryStands({ device, flash, subject }: PowerCutScene): Promise<string | undefined> {
  const content = await new FlashSlots(flash, subject.layout, subject.crypto).inspect("recovery");
  if (content.state !== "sealed") return undefined;
  const [old] = subject.recovery ?? [];
  const envelope = parseEnvelope(content.envelope);
  const floor = device.status().recovery;
  if (!envelope.ok || old === undefined || floor === undefined) return "there is no recovery image";
  const isOld = equalBytes(content.envelope, old.envelope);
  return isOld && !equalBytes(envelope.value.digest.bytes, floor.manifestDigest)
    ? "the recovery floor rose above the image that is there"
    : undefined;
}

/** The stories of every device. Others add theirs: a story is data. */
export const powerCutScripts: readonly PowerCutScript[] = [
  { name: "first-install", blank: "allowed", before: async () => undefined, act: provision },
  {
    name: "update",
    before: provision,
    act: async (scene) => {
      await update(scene, 1);
      await scene.device.boot();
    },
  },
  {
    name: "second-update",
    before: async (scene) => {
      await provision(scene);
      await update(scene, 1);
    },
    act: (scene) => update(scene, 2),
  },
  {
    name: "resumed-download",
    before: async (scene) => {
      await provision(scene);
      await scene.device.boot();
      const [, release] = scene.subject.releases;
      await beginInstall(scene, release, totalSize(release) >> 1);
    },
    act: (scene) => update(scene, 1),
  },
  {
    name: "replaced-update",
    before: provision,
    act: async (scene) => {
      await installAndArm(scene, 1);
      await install(scene, scene.subject.releases[2]);
      await scene.device.arm();
      await tryAndConfirm(scene);
    },
  },
  {
    name: "refused-payload",
    before: provision,
    act: async (scene) => {
      await scene.device.boot();
      await install(scene, damaged(scene.subject.releases[1]), { expected: "refused" });
    },
  },
  {
    name: "failed-trial",
    before: provision,
    act: async (scene) => {
      await installAndArm(scene, 1);
      for (let boots = 0; boots < 3; boots++) await scene.device.boot();
    },
  },
  {
    name: "exhausted-trials",
    before: provision,
    act: async (scene) => {
      const { device, subject } = scene;
      for (let trial = 0; trial < defaultMaxTrials; trial++) {
        await installAndArm(scene, 1);
        await device.boot();
        await device.boot();
      }
      const again = device.receive(subject.releases[1].envelope, {});
      if (again.ok || again.error.code !== "trials-exhausted") throw new Error("a fourth trial was granted");
    },
  },
  {
    name: "revert",
    before: async (scene) => {
      await provision(scene);
      await installAndArm(scene, 1);
      await scene.device.boot();
    },
    act: async ({ device }) => {
      await device.boot();
      await device.boot();
    },
  },
  {
    name: "confirm",
    before: async (scene) => {
      await provision(scene);
      await installAndArm(scene, 1);
    },
    act: async (scene) => {
      await tryAndConfirm(scene);
      await scene.device.boot();
    },
  },
  {
    name: "multi-component",
    appliesTo: hasSeveralComponents,
    before: provision,
    act: async (scene) => {
      const [, release] = scene.subject.releases;
      const [first = new Uint8Array()] = release.images;
      await scene.device.boot();
      // Into the second image, then with one that is not what was signed, then well.
      await beginInstall(scene, release, first.length + (release.images[1]?.length ?? 0) / 2);
      await install(scene, damaged(release), { expected: "refused" });
      await update(scene, 1);
    },
  },
  {
    name: "recovery-update",
    appliesTo: hasRecovery,
    before: async (scene) => {
      await provision(scene);
      await update(scene, 1);
    },
    act: async (scene) => {
      await scene.device.boot();
      await install(scene, secondRecovery(scene));
      await scene.device.boot();
    },
    judge: recoveryStands,
  },
  {
    name: "recovered",
    appliesTo: hasRecovery,
    recovery: "allowed",
    before: async (scene) => {
      await provision(scene);
      await ruinSlots(scene);
    },
    act: (scene) => update(scene, 1),
  },
  {
    name: "factory-reset",
    before: async (scene) => {
      await provision(scene);
      await update(scene, 1);
      await scene.device.boot();
      await install(scene, scene.subject.releases[2]);
    },
    act: async ({ device }) => {
      await device.boot();
      const reset = await device.factoryReset();
      if (!reset.ok) throw new Error(`the reset is refused: ${reset.error.code}`);
      await device.boot();
    },
    judge: async (_, outcome) =>
      outcome.kind === "running" && outcome.mode === "confirmed" ? undefined : "the confirmed release does not run",
  },
];
