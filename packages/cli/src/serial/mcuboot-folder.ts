import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { publicKeyPem } from "@sumac/cose";
import type { PublicKey } from "@sumac/crypto";
import { McubootSlots, mcubootGeometry, mcubootSizes } from "@sumac/device";
import { FileFlash } from "@sumac/device/node";
import { makeFolder, writeFileAtomically } from "../atomic-file.ts";
import type { Arguments } from "../command.ts";
import { usage } from "../failure.ts";
import { readImageFile } from "../image-file.ts";
import type { Io } from "../io.ts";
import { readPublicKey } from "../public-key-file.ts";

/** A simulated MCUboot device in a folder: its flash, and the keys that its boot loader was built with. */
export interface McubootFolder {
  readonly slots: McubootSlots;
  readonly keys: readonly PublicKey[];
  close(): void;
}

const flashFile = "mcuboot-flash.bin";
const keyFile = /^loader-key-\d+\.pub\.pem$/;

export async function openMcubootFolder(given: Arguments, io: Io): Promise<McubootFolder> {
  const folder = given.operand("folder");
  const location = path.resolve(io.workingFolder, folder);
  const isNew = !existsSync(path.join(location, flashFile));
  const names = given.all("trust");
  if (isNew && names.length === 0) {
    throw usage(
      "missing-option",
      "no --trust: the boot loader would boot nothing",
      "give its key: --trust loader.pub.pem",
    );
  }
  const wanted = await Promise.all(names.map((name) => readPublicKey(io, name)));
  const image = given.option("factory");
  const first = isNew && image !== undefined ? await readImageFile(io, image) : undefined;
  if (first !== undefined && first.size > mcubootSizes.largestImage) {
    throw usage(
      "image-too-large",
      `${image} has ${first.size} bytes, a slot takes ${mcubootSizes.largestImage}`,
      "give a smaller image",
    );
  }
  makeFolder(io, folder);
  const flash = FileFlash.open(path.join(location, flashFile), { geometry: mcubootGeometry, survives: "process-kill" });
  const slots = await McubootSlots.open(flash);
  if (isNew) {
    for (const [i, key] of wanted.entries()) {
      const bytes = new TextEncoder().encode(publicKeyPem(key));
      writeFileAtomically(io, { name: path.join(folder, `loader-key-${i + 1}.pub.pem`), bytes, ifExists: "replace" });
    }
    if (first !== undefined) await slots.write(0, 0, first.bytes.subarray(0, first.size));
  }
  const keys = await Promise.all(
    readdirSync(location)
      .filter((name) => keyFile.test(name))
      .map((name) => readPublicKey(io, path.join(folder, name))),
  );
  return { slots, keys, close: () => flash.close() };
}
