import { realpathSync } from "node:fs";
import { chmod, mkdir } from "node:fs/promises";
import { nodeCrypto } from "@sumac/crypto/node";
import type { DeviceParts } from "../device/boot-device.ts";
import { nodeFileSystem } from "../files/node-file-system.ts";
import { lockFolder } from "../files/node-folder-lock.ts";
import { commandPointer, type PointerCommands } from "../installer/command-pointer.ts";
import type { Command } from "../installer/command-runner.ts";
import { CommandSlots } from "../installer/command-slots.ts";
import { NodeCommandRunner, type NodeCommandRunnerOptions } from "../installer/node-command-runner.ts";
import { FileState } from "../state/file-state.ts";
import { Unavailable } from "../unavailable.ts";
import { currentLink } from "./current-link.ts";
import { FileSlots, type FileSlotsOptions } from "./file-slots.ts";

export interface FileDeviceOptions
  extends Pick<FileSlotsOptions, "components" | "recovery" | "envelopeCapacity" | "reserve" | "partition"> {
  /** Made if it is not there; nobody else may enter it. */
  readonly folder: string;
  /** Absent: images run from the slots' folders, found by the link `current`. */
  readonly installer?: InstallerOptions;
}

/** Commands are looked up in the PATH unless they name a folder; none is read by a shell. */
export interface InstallerOptions extends PointerCommands, Pick<NodeCommandRunnerOptions, "environment"> {
  /** See `CommandSlotsOptions`. */
  readonly install: Command;
  readonly readback?: Command;
}

/** The parts of a device on a Linux system, for `new Device(parts)`; nobody else has them until `close`. */
export interface FileDevice {
  readonly parts: Pick<DeviceParts, "slots" | "state" | "crypto"> & Required<Pick<DeviceParts, "pointer">>;
  close(): Promise<void>;
}

/**
 * Opens the folder of a device on a Linux system, with the lock that keeps other processes out. Throws `Unavailable`:
 * `storage-locked`, `storage-foreign` for a folder that other users may write, `storage-failed`; and `RangeError` for
 * components or commands that cannot be meant.
 */
export async function openFileDevice(options: FileDeviceOptions): Promise<FileDevice> {
  const { installer, partition, ...slotOptions } = options;
  const folder = await enterFolder(options.folder);
  const files = nodeFileSystem;
  const crypto = nodeCrypto;
  const spool = new FileSlots({
    ...slotOptions,
    folder,
    files,
    crypto,
    // Names like /dev/disk/by-partlabel/rootfs-a are links, made by the system itself.
    ...(partition === undefined ? {} : { partition: (...image) => resolved(partition(...image)) }),
  });
  const runner = new NodeCommandRunner({ folder, ...installer });
  const slots = installer === undefined ? spool : new CommandSlots({ ...installer, spool, files, crypto, runner });
  const pointer = installer === undefined ? currentLink(files, folder) : commandPointer(installer, runner);
  const lock = lockFolder(folder);
  return {
    parts: { slots, state: new FileState(files, folder, crypto), crypto, pointer },
    async close() {
      await spool.close();
      lock.release();
    },
  };
}

async function enterFolder(path: string): Promise<string> {
  try {
    if ((await mkdir(path, { recursive: true, mode: 0o700 })) !== undefined) await chmod(path, 0o700);
  } catch (cause) {
    throw new Unavailable("storage-failed", { retryable: true, detail: `make ${path}`, cause });
  }
  const folder = realpathSync(path);
  const facts = await nodeFileSystem.facts(folder);
  if (facts?.kind === "folder" && facts.access === "private") return folder;
  throw new Unavailable("storage-foreign", { retryable: false, detail: `${folder} can be written by others` });
}

function resolved(partition: string | undefined): string | undefined {
  if (partition === undefined) return undefined;
  try {
    return realpathSync(partition);
  } catch (cause) {
    throw new Unavailable("storage-failed", { retryable: true, detail: `find ${partition}`, cause });
  }
}
