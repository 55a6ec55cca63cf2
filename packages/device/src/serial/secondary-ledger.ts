import { bytesToHex, hexToBytes } from "@sumac/crypto";
import type { FileSystem } from "../files/file-system.ts";
import { readPrivateFile, writePrivateFile } from "../files/private-file.ts";

/** The release that a secondary was last seen to run, confirmed. */
export interface SecondaryRelease {
  readonly sequence: bigint;
  readonly manifestDigest: Uint8Array;
  /** Digest that the image itself carries, as a boot loader lists it. */
  readonly image: Uint8Array;
}

/** What a gateway has to remember of a device that keeps no floor of its own. */
export interface SecondaryLedger {
  /** `damaged` is no `blank`: an older release would be taken for a newer one. */
  read(): Promise<SecondaryRelease | "blank" | "damaged">;
  write(release: SecondaryRelease): Promise<void>;
}

/** One line of text in a file of the gateway's folder: sequence number, and the two digests in hex. */
export function fileSecondaryLedger(files: FileSystem, folder: string, name: string): SecondaryLedger {
  const path = `${folder}/secondary-${name}`;
  return {
    async read() {
      if ((await files.facts(path)) === undefined) return "blank";
      const bytes = await readPrivateFile(files, path, 512);
      const text = bytes === undefined ? "" : String.fromCharCode(...bytes);
      const [, sequence, manifest, image] = /^(\d{1,20}) ([0-9a-f]{64,128}) ([0-9a-f]{64,128})\n$/.exec(text) ?? [];
      if (sequence === undefined || manifest === undefined || image === undefined) return "damaged";
      if (manifest.length % 2 !== 0 || image.length % 2 !== 0) return "damaged";
      return { sequence: BigInt(sequence), manifestDigest: hexToBytes(manifest), image: hexToBytes(image) };
    },
    async write({ sequence, manifestDigest, image }) {
      const line = `${sequence} ${bytesToHex(manifestDigest)} ${bytesToHex(image)}\n`;
      await writePrivateFile(files, `${path}.new`, new TextEncoder().encode(line));
      await files.rename(`${path}.new`, path);
      await files.syncFolder(folder);
    },
  };
}
