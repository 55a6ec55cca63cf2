/** A simulated MCUboot device, and images for it. The keys are made anew in every run. */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { PublicKey } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { type ImageVersion, layOutImage, parseImageVersion } from "@sumac/mcuboot";
import { type SmpMap, smpGroup } from "@sumac/smp";
import type { Flash } from "../flash/flash.ts";
import { MemoryFlash } from "../flash/memory-flash.ts";
import type { McubootBooted } from "./mcuboot-boot.ts";
import { McubootRecovery } from "./mcuboot-recovery.ts";
import { McubootSlots, mcubootGeometry } from "./mcuboot-slots.ts";

export interface LoaderKey {
  readonly publicKey: PublicKey;
  readonly privateKey: KeyObject;
}

export function loaderKey(): LoaderKey {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const der = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
  return { publicKey: { scheme: "ed25519", bytes: der.slice(-32) }, privateKey };
}

const versionOf = (text: string): ImageVersion => {
  const version = parseImageVersion(text);
  if (version === undefined) throw new Error(text);
  return version;
};

/** `counter` absent: an image without one. */
export function loaderImage(key: LoaderKey, version: string, counter?: number, length = 3001): Uint8Array {
  const laidOut = layOutImage(
    {
      payload: Uint8Array.from({ length }, (_, i) => (i * (version.charCodeAt(2) + 3)) >> 2),
      headerSpace: "added",
      headerSize: 512,
      version: versionOf(version),
      ...(counter === undefined ? {} : { securityCounter: counter }),
      signature: { key: key.publicKey, kind: "digest" },
    },
    nodeCrypto,
  );
  if (!laidOut.ok) throw new Error(laidOut.error.code);
  return laidOut.value.finish(new Uint8Array(sign(null, laidOut.value.toBeSigned, key.privateKey)));
}

export interface Loader {
  readonly flash: Flash;
  readonly slots: McubootSlots;
  readonly recovery: McubootRecovery;
  readonly boots: readonly McubootBooted[];
  ask(group: "os" | "image", id: number, operation: "read" | "write", body?: SmpMap): Promise<SmpMap>;
  /** In chunks of 512; answers the last answer. */
  upload(image: Uint8Array, target: number): Promise<SmpMap>;
  /** Version, flags and slot of each image that is listed. */
  listed(): Promise<string[]>;
}

export async function mcubootLoader(
  keys: readonly LoaderKey[],
  flash: Flash = new MemoryFlash(mcubootGeometry),
): Promise<Loader> {
  const slots = await McubootSlots.open(flash);
  const boots: McubootBooted[] = [];
  const recovery = new McubootRecovery({
    slots,
    crypto: nodeCrypto,
    keys: keys.map(({ publicKey }) => publicKey),
    booted: (outcome) => boots.push(outcome),
  });
  const ask: Loader["ask"] = async (group, id, operation, body = {}) => {
    const call = { operation, group: smpGroup[group], id, version: 2, body } as const;
    const answer = await recovery.handle(call);
    await recovery.afterwards(call);
    return answer;
  };
  return {
    flash,
    slots,
    recovery,
    boots,
    ask,
    async upload(image, target) {
      let answer: SmpMap = {};
      for (let off = 0; off < image.length; off += 512) {
        const first = off === 0 ? { image: target, len: image.length } : {};
        answer = await ask("image", 1, "write", { off, data: image.subarray(off, off + 512), ...first });
      }
      return answer;
    },
    async listed() {
      const { images } = await ask("image", 0, "read");
      return (images as SmpMap[]).map((image) => {
        const flags = ["active", "confirmed", "pending", "permanent"].filter((flag) => image[flag] === true);
        return `${image["slot"]}: ${image["version"]} ${flags.join(" ")}`;
      });
    },
  };
}
