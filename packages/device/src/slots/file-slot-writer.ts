import type { OpenFile } from "../files/file-system.ts";
import { type SlotPosition, type SlotWriter, skipWholeImages } from "./slots.ts";
import { WriteBehind } from "./write-behind.ts";

/** What a writer needs of the slot that it fills. */
export interface SlotToFill {
  readonly imageSizes: readonly number[];
  /** To be changed from there on. */
  openImage(component: number): Promise<OpenFile>;
  /** So much of this image is safe. */
  onSafe(position: SlotPosition): Promise<void>;
  /** All images are safe. */
  seal(): Promise<void>;
}

export class FileSlotWriter implements SlotWriter {
  readonly #slot: SlotToFill;
  #position: SlotPosition;
  #image: WriteBehind | undefined;
  #state: "open" | "sealed" | "abandoned" = "open";

  constructor(slot: SlotToFill, from: SlotPosition) {
    this.#slot = slot;
    this.#position = skipWholeImages(from, slot.imageSizes);
  }

  get position(): SlotPosition {
    return this.#position;
  }

  async write(component: number, offset: number, chunk: Uint8Array): Promise<void> {
    this.#checkOpen();
    if (chunk.length === 0) return;
    const next = this.#position;
    if (component !== next.component || offset !== next.offset) {
      throw new RangeError(`goes on at ${next.component}:${next.offset}, not ${component}:${offset}`);
    }
    const size = this.#slot.imageSizes[component] ?? 0;
    if (offset + chunk.length > size) throw new RangeError(`image ${component} was announced with ${size} bytes`);
    this.#image ??= await this.#openImage();
    await this.#image.write(chunk);
    this.#position = { component, offset: offset + chunk.length };
    if (this.#position.offset === size) await this.#finishImage();
    this.#position = skipWholeImages(this.#position, this.#slot.imageSizes);
  }

  async seal(): Promise<void> {
    this.#checkOpen();
    const { component, offset } = this.#position;
    if (component !== this.#slot.imageSizes.length) throw new RangeError(`image ${component} ends at ${offset}`);
    await this.#slot.seal();
    this.#state = "sealed";
  }

  /** Returns when what was written can be read. */
  async flush(): Promise<void> {
    await this.#image?.flush();
  }

  /** Another writer takes over, or nobody: nothing is written from here on. */
  async abandon(): Promise<void> {
    if (this.#state === "open") this.#state = "abandoned";
    const image = this.#image;
    this.#image = undefined;
    await image?.abandon();
  }

  async #openImage(): Promise<WriteBehind> {
    const { component, offset: from } = this.#position;
    const file = await this.#slot.openImage(component);
    return new WriteBehind(file, from, (offset) => this.#slot.onSafe({ component, offset }));
  }

  async #finishImage(): Promise<void> {
    const image = this.#image;
    this.#image = undefined;
    await image?.finish();
    await this.#slot.onSafe(this.#position);
  }

  #checkOpen(): void {
    if (this.#state !== "open") throw new Error(`the writer is ${this.#state}`);
  }
}
