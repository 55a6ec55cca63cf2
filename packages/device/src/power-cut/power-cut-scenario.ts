import { BranchFlash, type FlashBlocks } from "../flash/branch-flash.ts";
import { openScene, type PowerCutScript, type PowerCutSubject } from "./power-cut-scene.ts";
import { powerCutScripts } from "./power-cut-script.ts";

/** A story at the moment from which on the power may fail. */
export interface PowerCutScenario {
  readonly script: PowerCutScript;
  readonly subject: PowerCutSubject;
  /** The flash at that moment. */
  readonly start: FlashBlocks;
}

/** Plays the part before the power may fail. Throws if the subject's releases are refused. */
export async function powerCutScenario(
  script: PowerCutScript | string,
  subject: PowerCutSubject,
): Promise<PowerCutScenario> {
  const found = typeof script === "string" ? powerCutScripts.find(({ name }) => name === script) : script;
  if (found === undefined) throw new RangeError(`there is no scenario ${String(script)}`);
  const flash = new BranchFlash(subject.layout.geometry);
  const scene = await openScene(flash, subject, subject.crypto);
  await found.before(scene);
  await scene.settle?.();
  return { script: found, subject, start: flash.branch() };
}

/** Every story that the subject can play. */
export const scriptsFor = (
  subject: PowerCutSubject,
  scripts: readonly PowerCutScript[] = powerCutScripts,
): readonly PowerCutScript[] => scripts.filter((script) => script.appliesTo?.(subject) ?? true);
