import type { BranchFlash, FlashBlocks } from "../flash/branch-flash.ts";
import type { Flash, FlashGeometry } from "../flash/flash.ts";
import type { FlashOperation } from "./power-cut.ts";

/** An operation, and the flash right before it. */
export interface RecordedOperation {
  readonly operation: FlashOperation;
  readonly before: FlashBlocks;
}

/**
 * Remembers what was done to a flash, and the flash before each step. What a device has done up to an operation does not
 * depend on what comes after: so every power cut of a whole run follows from one recording of it.
 */
export class RecordingFlash implements Flash {
  readonly geometry: FlashGeometry;
  readonly operations: RecordedOperation[] = [];
  readonly #inner: BranchFlash;

  constructor(inner: BranchFlash) {
    this.geometry = inner.geometry;
    this.#inner = inner;
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    return this.#inner.read(offset, length);
  }

  write(offset: number, bytes: Uint8Array): Promise<void> {
    this.#record({ do: "write", offset, bytes: bytes.slice() });
    return this.#inner.write(offset, bytes);
  }

  erase(offset: number): Promise<void> {
    this.#record({ do: "erase", offset });
    return this.#inner.erase(offset);
  }

  #record(operation: FlashOperation): void {
    this.operations.push({ operation, before: this.#inner.branch() });
  }
}
