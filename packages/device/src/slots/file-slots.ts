import { type Crypto, equalBytes } from "@sumac/crypto";
import type { FileSystem } from "../files/file-system.ts";
import {
  isPrivateFile,
  readPrivateFile,
  replacePrivateFile,
  unnamed,
  writePrivateFile,
} from "../files/private-file.ts";
import { Unavailable } from "../unavailable.ts";
import {
  readSlotRecord,
  type SlotRecordOwner,
  serializeSlotRecord,
  slotRecordLength,
  slotSeal,
} from "./file-slot-record.ts";
import { FileSlotWriter } from "./file-slot-writer.ts";
import { imageFileName } from "./image-file-name.ts";
import { readAhead } from "./read-ahead.ts";
import type { SlotName } from "./slot.ts";
import {
  type ComponentSlot,
  checkFits,
  componentsOf,
  type SlotContent,
  type SlotPosition,
  type SlotStaging,
  type Slots,
  type SlotWriter,
  sameStaging,
} from "./slots.ts";

export interface FileSlotsOptions {
  readonly files: FileSystem;
  /** It is there; each slot is a folder in it, made when it is needed. */
  readonly folder: string;
  readonly crypto: Crypto;
  readonly components: readonly ComponentSlot[];
  readonly recovery?: ComponentSlot;
  /** Bytes; default 64 KiB. */
  readonly envelopeCapacity?: number;
  /** Bytes of the disk that an update leaves free for state and log. Default 1 MiB. */
  readonly reserve?: number;
  /**
   * The partition, or file of fixed size, that holds this image in this slot instead of a file in the slot's folder;
   * undefined = there is none. What lies behind the image in it is never read.
   */
  partition?(slot: SlotName, component: ComponentSlot): string | undefined;
}

interface ImagePlace {
  readonly path: string;
  readonly kind: "file" | "partition";
}

const names = { envelope: "envelope.suit", record: "staging", seal: "seal", progress: "progress" } as const;
/** Where a resume may begin: what was torn lies behind it. */
const resumeUnit = 4096;
const recordSpace = 65536;
const mebibyte = 1 << 20;

/**
 * Slots in a folder of a Linux system: `a/` with `envelope.suit`, one `*.image` for each component, `staging` (what was
 * begun, see `file-slot-record.ts`) and `seal`, which is written last. What a slot holds counts only if each of them is a
 * plain file with one name that no other user may change.
 */
export class FileSlots implements Slots {
  readonly components: readonly ComponentSlot[];
  readonly recovery?: ComponentSlot;
  readonly envelopeCapacity: number;
  readonly #options: FileSlotsOptions;
  readonly #files: FileSystem;
  readonly #writers = new Map<SlotName, FileSlotWriter>();

  /** Throws `RangeError` if two components have one name, or a name no file can have. */
  constructor(options: FileSlotsOptions) {
    this.components = options.components;
    if (options.recovery !== undefined) this.recovery = options.recovery;
    this.envelopeCapacity = options.envelopeCapacity ?? 65536;
    this.#options = options;
    this.#files = options.files;
    const images = new Set(options.components.map(({ id }) => imageFileName(id)));
    if (images.size !== options.components.length) throw new RangeError("a component is named twice");
  }

  async inspect(slot: SlotName): Promise<SlotContent> {
    const owner = this.#owner(slot);
    const folder = this.#folder(slot);
    const facts = await this.#files.facts(folder);
    if (facts === undefined) return { state: "empty" };
    if (facts.kind !== "folder" || facts.access !== "private") return { state: "damaged" };
    const present = await this.#files.names(folder);
    if (!present.includes(names.record)) return { state: present.includes(names.seal) ? "damaged" : "empty" };
    const record = await this.#read(slot, names.record, slotRecordLength(owner.components.length));
    const envelope = await this.#read(slot, names.envelope, this.envelopeCapacity);
    if (record === undefined || envelope === undefined) return { state: "damaged" };
    const imageSizes = readSlotRecord(owner, record, envelope);
    if (imageSizes === undefined) return { state: "damaged" };
    const state = present.includes(names.seal) ? "sealed" : "partial";
    if (!(await this.#imagesFit(slot, imageSizes, state))) return { state: "damaged" };
    if (state === "partial") return { state, envelope, imageSizes };
    const seal = await this.#read(slot, names.seal, 32);
    const sealed = seal !== undefined && equalBytes(seal, slotSeal(this.#options.crypto, record));
    return sealed ? { state, envelope, imageSizes } : { state: "damaged" };
  }

  async begin(slot: SlotName, staging: SlotStaging): Promise<SlotWriter> {
    checkFits(this, slot, staging);
    await this.#release(slot);
    await this.#enterFolder(slot);
    await this.#checkSpace(slot, staging);
    await this.#clear(slot);
    for (const { path, kind } of this.#images(slot)) {
      if (kind === "file") await (await this.#files.open(path, "create")).close();
    }
    await writePrivateFile(this.#files, this.#path(slot, names.envelope), staging.envelope);
    // Nothing of the old content must come back once the new record has its name.
    await this.#files.syncFolder(this.#folder(slot));
    await this.#place(slot, names.record, serializeSlotRecord(this.#owner(slot), staging));
    return this.#writer(slot, staging, { component: 0, offset: 0 });
  }

  async resume(slot: SlotName, staging: SlotStaging): Promise<SlotWriter | undefined> {
    const content = await this.inspect(slot);
    if (content.state !== "partial" || !sameStaging(content, staging)) return undefined;
    await this.#release(slot);
    return this.#writer(slot, content, await this.#written(slot, content.imageSizes));
  }

  async *read(slot: SlotName, component: number, length: number): AsyncGenerator<Uint8Array> {
    const { capacity } = componentsOf(this, slot)[component] ?? { capacity: 0 };
    if (length > capacity) throw new RangeError(`image ${component} of slot ${slot} has at most ${capacity} bytes`);
    // What was handed to a writer of this process counts as written.
    await this.#writers.get(slot)?.flush();
    if (length > 0) yield* readAhead(await this.#files.open(this.#image(slot, component).path, "read"), length);
  }

  async discard(slot: SlotName): Promise<void> {
    await this.#release(slot);
    if ((await this.#files.facts(this.#folder(slot))) === undefined) return;
    await this.#enterFolder(slot);
    if ((await this.#clear(slot)) === "cleared") await this.#files.syncFolder(this.#folder(slot));
  }

  /** The folder of what belongs to a slot. */
  folderOf(slot: SlotName): string {
    return this.#folder(slot);
  }

  /** The file or partition of an image. */
  imagePath(slot: SlotName, component: number): string {
    return this.#image(slot, component).path;
  }

  /** What a slot of this process still has open. */
  async close(): Promise<void> {
    for (const slot of this.#writers.keys()) await this.#release(slot);
  }

  async #release(slot: SlotName): Promise<void> {
    const writer = this.#writers.get(slot);
    this.#writers.delete(slot);
    await writer?.abandon();
  }

  #writer(slot: SlotName, staging: SlotStaging, from: SlotPosition): SlotWriter {
    const record = serializeSlotRecord(this.#owner(slot), staging);
    const images = this.#images(slot);
    const writer = new FileSlotWriter(
      {
        imageSizes: staging.imageSizes,
        openImage: (component) => this.#files.open(this.#image(slot, component).path, "change"),
        onSafe: async (position) => {
          // How far a file has come its size tells; a partition says nothing.
          if (images[position.component]?.kind === "partition") await this.#storeProgress(slot, position);
        },
        seal: () => this.#place(slot, names.seal, slotSeal(this.#options.crypto, record)),
      },
      from,
    );
    this.#writers.set(slot, writer);
    return writer;
  }

  /** The position up to which something was written, as far as that can be known. It is digested again anyway. */
  async #written(slot: SlotName, imageSizes: readonly number[]): Promise<SlotPosition> {
    const progress = await this.#readProgress(slot);
    for (const [component, { path, kind }] of this.#images(slot).entries()) {
      const size = imageSizes[component] ?? 0;
      const noted = component < progress.component ? size : component === progress.component ? progress.offset : 0;
      const written = kind === "partition" ? Math.min(noted, size) : ((await this.#files.facts(path))?.size ?? 0);
      if (written < size) return { component, offset: written - (written % resumeUnit) };
    }
    return { component: imageSizes.length, offset: 0 };
  }

  async #imagesFit(slot: SlotName, imageSizes: readonly number[], state: "partial" | "sealed"): Promise<boolean> {
    for (const [component, { path, kind }] of this.#images(slot).entries()) {
      const announced = imageSizes[component] ?? 0;
      if (kind === "partition") {
        if (announced > (await this.#partitionSize(path))) return false;
        continue;
      }
      const facts = await this.#files.facts(path);
      if (facts === undefined || !isPrivateFile(facts) || facts.size > announced) return false;
      if (state === "sealed" && facts.size !== announced) return false;
    }
    return true;
  }

  /** Removes what makes up a staging, and nothing else that may lie in the folder. */
  async #clear(slot: SlotName): Promise<"cleared" | "nothing-there"> {
    const present = new Set(await this.#files.names(this.#folder(slot)));
    const ours = Object.values(names).flatMap((name) => [name, unnamed(name)]);
    const images = [...present].filter((name) => name.endsWith(".image"));
    // The seal first: what is left over after a cut must not look whole.
    const found = [names.seal, ...ours.filter((name) => name !== names.seal), ...images].filter((n) => present.has(n));
    for (const name of found) await this.#files.remove(this.#path(slot, name));
    return found.length > 0 ? "cleared" : "nothing-there";
  }

  async #enterFolder(slot: SlotName): Promise<void> {
    const folder = this.#folder(slot);
    const facts = await this.#files.facts(folder);
    if (facts === undefined) {
      await this.#files.makeFolder(folder);
      await this.#files.syncFolder(this.#options.folder);
      return;
    }
    if (facts.kind === "folder" && facts.access === "private") return;
    const detail = facts.kind === "folder" ? `${folder} can be written by others` : `${folder} is a ${facts.kind}`;
    throw new Unavailable("storage-foreign", { retryable: false, detail });
  }

  /** Before the old content is given up: a full disk must not cost the way back. */
  async #checkSpace(slot: SlotName, { envelope, imageSizes }: SlotStaging): Promise<void> {
    let needed = envelope.length + recordSpace + (this.#options.reserve ?? mebibyte);
    let freed = 0;
    for (const [component, { path, kind }] of this.#images(slot).entries()) {
      const size = imageSizes[component] ?? 0;
      if (kind === "file") {
        needed += size;
        freed += (await this.#files.facts(path))?.size ?? 0;
      } else if (size > (await this.#partitionSize(path))) {
        throw new Unavailable("storage-mismatch", {
          retryable: false,
          detail: `${path} holds less than ${size} bytes`,
        });
      }
    }
    const missing = needed - freed - (await this.#files.freeBytes(this.#folder(slot)));
    if (missing <= 0) return;
    throw new Unavailable("storage-full", {
      retryable: true,
      detail: `${this.#folder(slot)} needs ${missing} bytes more`,
    });
  }

  async #partitionSize(path: string): Promise<number> {
    const partition = await this.#files.open(path, "read");
    await partition.close();
    return partition.facts.size;
  }

  async #storeProgress(slot: SlotName, { component, offset }: SlotPosition): Promise<void> {
    const bytes = new Uint8Array(16);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(0, BigInt(component));
    view.setBigUint64(8, BigInt(offset));
    await this.#place(slot, names.progress, bytes);
  }

  async #readProgress(slot: SlotName): Promise<SlotPosition> {
    const bytes = await this.#read(slot, names.progress, 16);
    if (bytes?.length !== 16) return { component: 0, offset: 0 };
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return { component: Number(view.getBigUint64(0)), offset: Number(view.getBigUint64(8)) };
  }

  #read(slot: SlotName, name: string, limit: number): Promise<Uint8Array | undefined> {
    return readPrivateFile(this.#files, this.#path(slot, name), limit);
  }

  #place(slot: SlotName, name: string, bytes: Uint8Array): Promise<void> {
    return replacePrivateFile(this.#files, this.#folder(slot), name, bytes);
  }

  #owner(slot: SlotName): SlotRecordOwner {
    return { slot, components: componentsOf(this, slot), crypto: this.#options.crypto };
  }

  #images(slot: SlotName): readonly ImagePlace[] {
    return componentsOf(this, slot).map((component) => {
      const partition = this.#options.partition?.(slot, component);
      if (partition !== undefined) return { path: partition, kind: "partition" };
      return { path: this.#path(slot, imageFileName(component.id)), kind: "file" };
    });
  }

  #image(slot: SlotName, component: number): ImagePlace {
    const image = this.#images(slot)[component];
    if (image === undefined) throw new RangeError(`slot ${slot} has no image ${component}`);
    return image;
  }

  #folder(slot: SlotName): string {
    return `${this.#options.folder}/${slot}`;
  }

  #path(slot: SlotName, name: string): string {
    return `${this.#folder(slot)}/${name}`;
  }
}
