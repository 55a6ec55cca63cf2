import { bytesToHex, equalBytes, hexToBytes } from "@sumac/crypto";
import type { FileSystem } from "../files/file-system.ts";
import { readPrivateFile, replacePrivateFile } from "../files/private-file.ts";

const name = "started";

/** What was last started here, so that a process that starts again can tell a boot from its own restart. */
export interface StartMark {
  /** Of the machine, different after each of its starts. */
  readonly bootId: string;
  /** The manifest of the image that was started. */
  readonly manifestDigest: Uint8Array;
  /**
   * `ended`: the process ended in order to be started anew with the image. `not-started`: the image of the manifest was to
   * be started, and that failed.
   */
  readonly process: "running" | "ended" | "not-started";
}

/** Undefined where there is none, or none that can be read: then a start counts as a boot. */
export async function readStartMark(files: FileSystem, folder: string): Promise<StartMark | undefined> {
  const bytes = await readPrivateFile(files, `${folder}/${name}`, 256);
  const text = bytes === undefined ? "" : String.fromCharCode(...bytes);
  const [, bootId, digest, process] =
    /^([0-9a-f-]{1,64}) ((?:[0-9a-f]{2}){16,64}) (running|ended|not-started)\n$/.exec(text) ?? [];
  if (bootId === undefined || digest === undefined) return undefined;
  const known = (["ended", "not-started"] as const).find((each) => each === process);
  return { bootId, manifestDigest: hexToBytes(digest), process: known ?? "running" };
}

/** Safe when it returns. */
export async function writeStartMark(files: FileSystem, folder: string, mark: StartMark): Promise<void> {
  const text = `${mark.bootId} ${bytesToHex(mark.manifestDigest)} ${mark.process}\n`;
  await replacePrivateFile(files, folder, name, new TextEncoder().encode(text));
}

/** Whether the image goes on running since the mark was written, and only this process started again. */
export const goesOnRunning = (mark: StartMark | undefined, bootId: string): boolean =>
  mark?.bootId === bootId && mark.process !== "ended";

export const hasStarted = (mark: StartMark | undefined, manifestDigest: Uint8Array): boolean =>
  mark !== undefined && mark.process !== "not-started" && equalBytes(mark.manifestDigest, manifestDigest);
