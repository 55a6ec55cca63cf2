import { type Crypto, concatBytes, equalBytes } from "@sumac/crypto";
import { updateFacts } from "../device/update-facts.ts";
import type { FileSystem } from "../files/file-system.ts";
import { readPrivateFile, replacePrivateFile } from "../files/private-file.ts";
import { sha256 } from "../sha256.ts";
import type { FileSlots } from "../slots/file-slots.ts";
import { imageFileName } from "../slots/image-file-name.ts";
import { sameBytes } from "../slots/same-bytes.ts";
import type { SlotName } from "../slots/slot.ts";
import {
  type ComponentSlot,
  componentsOf,
  type SlotContent,
  type SlotStaging,
  type Slots,
  type SlotWriter,
  sameStaging,
} from "../slots/slots.ts";
import { Unavailable } from "../unavailable.ts";
import { commandFault } from "./command-fault.ts";
import {
  type Command,
  type CommandEnd,
  type CommandRunner,
  checkCommand,
  endedWell,
  fillCommand,
} from "./command-runner.ts";

export interface CommandSlotsOptions {
  /** Where images wait for the installer, and stay for the check of every boot. */
  readonly spool: FileSlots;
  readonly files: FileSystem;
  readonly runner: CommandRunner;
  readonly crypto: Crypto;
  /**
   * Run for each image, with {file}, {component}, {version}, {sequence} and {slot} in its arguments:
   * `["rauc", "install", "{file}"]`. After a power cut it runs again for the same image.
   */
  readonly install: Command;
  /**
   * Writes to its output the image as the installer has laid it down; what follows the image is not looked at. Without it
   * the check of a boot sees the spooled image, and what runs is the bootloader's affair.
   */
  readonly readback?: Command;
}

const facts: readonly string[] = ["file", "component", "version", "sequence", "slot"];
const installedMark = "installed";
const logName = "installer.log";

/**
 * Slots for a system with an installer of its own: images are spooled in files, verified there, and then handed over. A
 * slot is sealed when the installer has ended with exit code 0 for every image, and what it laid down reads back as the
 * same bytes. The end of the last run and its output stay in `installer.log` of the slot's folder.
 */
export class CommandSlots implements Slots {
  readonly components: readonly ComponentSlot[];
  readonly recovery?: ComponentSlot;
  readonly envelopeCapacity: number;
  readonly #options: CommandSlotsOptions;

  /** Throws `RangeError` for a command that cannot be meant. */
  constructor(options: CommandSlotsOptions) {
    const { spool, install, readback } = options;
    checkCommand(install, facts);
    if (readback !== undefined) checkCommand(readback, facts);
    this.components = spool.components;
    if (spool.recovery !== undefined) this.recovery = spool.recovery;
    this.envelopeCapacity = spool.envelopeCapacity;
    this.#options = options;
  }

  async inspect(slot: SlotName): Promise<SlotContent> {
    const content = await this.#options.spool.inspect(slot);
    if (content.state !== "sealed" || (await this.#isInstalled(slot, content))) return content;
    return { ...content, state: "partial" };
  }

  async begin(slot: SlotName, staging: SlotStaging): Promise<SlotWriter> {
    await this.#forgetInstalled(slot);
    return this.#options.spool.begin(slot, staging);
  }

  async resume(slot: SlotName, staging: SlotStaging): Promise<SlotWriter | undefined> {
    const { spool } = this.#options;
    const content = await this.inspect(slot);
    if (content.state !== "partial" || !sameStaging(content, staging)) return undefined;
    if ((await spool.inspect(slot)).state === "partial") return spool.resume(slot, staging);
    return nothingToWrite(staging);
  }

  async *read(slot: SlotName, component: number, length: number): AsyncGenerator<Uint8Array> {
    const { spool, readback } = this.#options;
    const content = readback === undefined ? undefined : await this.inspect(slot);
    const spooled = spool.read(slot, component, length);
    // Also finds out whether there is such an image at all.
    if (readback === undefined || content?.state !== "sealed" || length > (content.imageSizes[component] ?? 0)) {
      yield* spooled;
      return;
    }
    yield* this.#readBack(readback, slot, component, content, length);
  }

  async discard(slot: SlotName): Promise<void> {
    await this.#forgetInstalled(slot);
    await this.#options.spool.discard(slot);
  }

  async carryOut(slot: SlotName): Promise<void> {
    const { spool, install, readback } = this.#options;
    const content = await spool.inspect(slot);
    if (content.state !== "sealed") throw new Error(`slot ${slot} is ${content.state}`);
    for (const [component] of content.imageSizes.entries()) {
      const command = this.#fill(install, slot, component, content);
      const end = await this.#options.runner.run(command);
      await this.#keep(slot, command, end);
      if (!endedWell(end)) throw commandFault(command, end);
    }
    if (readback !== undefined) {
      for (const [component, size] of content.imageSizes.entries()) {
        const laidDown = this.#readBack(readback, slot, component, content, size);
        if (await sameBytes(laidDown, spool.read(slot, component, size))) continue;
        const detail = `${install.argv[0]}: image ${component} reads back as other bytes`;
        throw new Unavailable("installer-failed", { retryable: false, detail });
      }
    }
    await this.#place(slot, installedMark, this.#mark(slot, content));
  }

  async *#readBack(
    readback: Command,
    slot: SlotName,
    component: number,
    content: SlotStaging,
    length: number,
  ): AsyncGenerator<Uint8Array> {
    let left = length;
    if (left === 0) return;
    for await (const chunk of this.#options.runner.read(this.#fill(readback, slot, component, content))) {
      yield chunk.subarray(0, left);
      left -= Math.min(left, chunk.length);
      // Partitions are larger than images: the rest is not read, and the command ended.
      if (left === 0) return;
    }
  }

  #fill(command: Command, slot: SlotName, index: number, { envelope }: SlotStaging): Command {
    const { spool, crypto } = this.#options;
    const component = componentsOf(spool, slot)[index];
    if (component === undefined) throw new RangeError(`slot ${slot} has no image ${index}`);
    const asksForMore = command.argv.some((argument) => /\{(?:version|sequence)\}/.test(argument));
    return fillCommand(command, {
      file: spool.imagePath(slot, index),
      component: imageFileName(component.id).replace(/\.image$/, ""),
      slot,
      ...(asksForMore ? updateFacts(envelope, component, crypto) : {}),
    });
  }

  /** What people look for first: how it ended, then what it said. */
  async #keep(slot: SlotName, { argv }: Command, end: CommandEnd): Promise<void> {
    const { output, ...how } = end;
    const head = new TextEncoder().encode(`${JSON.stringify({ argv, ...how })}\n`);
    await this.#place(slot, logName, concatBytes(head, output));
  }

  async #isInstalled(slot: SlotName, content: SlotStaging): Promise<boolean> {
    const mark = await readPrivateFile(this.#options.files, this.#path(slot, installedMark), 32);
    return mark !== undefined && equalBytes(mark, this.#mark(slot, content));
  }

  async #forgetInstalled(slot: SlotName): Promise<void> {
    const { files, spool } = this.#options;
    if ((await files.facts(this.#path(slot, installedMark))) === undefined) return;
    await files.remove(this.#path(slot, installedMark));
    await files.syncFolder(spool.folderOf(slot));
  }

  #place(slot: SlotName, name: string, bytes: Uint8Array): Promise<void> {
    const { files, spool } = this.#options;
    return replacePrivateFile(files, spool.folderOf(slot), name, bytes);
  }

  #path(slot: SlotName, name: string): string {
    return `${this.#options.spool.folderOf(slot)}/${name}`;
  }

  /** Of this slot and this envelope, so that it says nothing of another. */
  #mark(slot: SlotName, { envelope }: SlotStaging): Uint8Array {
    return sha256(this.#options.crypto, new TextEncoder().encode(`installed ${slot} `), envelope);
  }
}

/** The images are there and sealed; only the installer has not ended well. */
const nothingToWrite = ({ imageSizes }: SlotStaging): SlotWriter => ({
  position: { component: imageSizes.length, offset: 0 },
  async write(_component, offset, chunk) {
    if (chunk.length > 0) throw new RangeError(`nothing is to be written at ${offset}`);
  },
  seal: async () => undefined,
});
