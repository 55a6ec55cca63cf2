import type { FileSystem } from "../files/file-system.ts";
import type { SlotName } from "./slot.ts";
import type { StartPointer } from "./start-pointer.ts";

const name = "current";

/**
 * `current` in the device's folder: a link to the folder of the slot that runs, for whoever starts the image from there.
 * It is exchanged in one step after every boot that finds it pointing elsewhere.
 */
export function currentLink(files: FileSystem, folder: string): StartPointer {
  const path = `${folder}/${name}`;
  async function pointTo(slot: SlotName): Promise<void> {
    if ((await files.linkTarget(path)) === slot) return;
    await files.remove(`${path}.new`);
    await files.makeLink(`${path}.new`, slot);
    await files.rename(`${path}.new`, path);
    await files.syncFolder(folder);
  }
  return {
    // Until it runs, the image before it does.
    armed: async () => undefined,
    booted: (slot) => pointTo(slot),
    confirming: (slot) => pointTo(slot),
  };
}
