import type { OpenFile } from "./file-system.ts";
import type { SlotPosition, SlotWriter } from "./slots.ts";
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
  #component: number;
  #offset: number;
  #image: WriteBehind | undefined;
  #state: "open" | "sealed" | "abandoned" = "open";

  constructor(slot: SlotToFill, { component, offset }: SlotPosition) {
    this.#slot = slot;
    this.#component = component;
    this.#offset = offset;
    this.#skipWholeImages();
  }

  get position(): SlotPosition {
    return { component: this.#component, offset: this.#offset };
  }

  async write(component: number, offset: number, chunk: Uint8Array): Promise<void> {
    this.#checkOpen();
    if (chunk.length === 0) return;
    if (component !== this.#component || offset !== this.#offset) {
      throw new RangeError(`goes on at ${this.#component}:${this.#offset}, not ${component}:${offset}`);
    }
    const size = this.#slot.imageSizes[component] ?? 0;
    if (offset + chunk.length > size) throw new RangeError(`image ${component} was announced with ${size} bytes`);
    this.#image ??= await this.#openImage();
    await this.#image.write(chunk);
    this.#offset += chunk.length;
    if (this.#offset === size) await this.#finishImage();
    this.#skipWholeImages();
  }

  async seal(): Promise<void> {
    this.#checkOpen();
    if (this.#component !== this.#slot.imageSizes.length) {
      throw new RangeError(`image ${this.#component} ends at ${this.#offset}`);
    }
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
    const component = this.#component;
    const file = await this.#slot.openImage(component);
    return new WriteBehind(file, this.#offset, (offset) => this.#slot.onSafe({ component, offset }));
  }

  async #finishImage(): Promise<void> {
    const image = this.#image;
    this.#image = undefined;
    await image?.finish();
    await this.#slot.onSafe({ component: this.#component, offset: this.#offset });
  }

  #skipWholeImages(): void {
    while (this.#offset === this.#slot.imageSizes[this.#component]) {
      this.#component++;
      this.#offset = 0;
    }
  }

  #checkOpen(): void {
    if (this.#state !== "open") throw new Error(`the writer is ${this.#state}`);
  }
}
