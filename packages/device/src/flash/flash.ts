/** Sizes in bytes. `eraseBlock` is a multiple of `writeSize`, `size` one of `eraseBlock`. */
export interface FlashGeometry {
  readonly eraseBlock: number;
  readonly writeSize: number;
  readonly size: number;
}

/** What a byte reads after an erase. */
export const erasedByte = 0xff;

/**
 * NOR flash. Erasing sets a whole block to 0xff; writing can only clear bits (the result is `old AND new`), so that a
 * place is written once between two erases. An operation that has returned survives a power cut; one that has not may
 * have happened in part. A misaligned or out-of-range call is a bug and throws `RangeError` before anything changes;
 * a device that fails throws `Unavailable`. Every implementation passes `flash.contract.ts`.
 */
export interface Flash {
  readonly geometry: FlashGeometry;
  /** A copy: later writes do not change it. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** `offset` and the length of `bytes` are multiples of `writeSize`. */
  write(offset: number, bytes: Uint8Array): Promise<void>;
  /** Erases the block that starts at `offset`. */
  erase(offset: number): Promise<void>;
}

/** Throws `RangeError` unless the sizes fit each other. */
export function checkGeometry(geometry: FlashGeometry): void {
  const { eraseBlock, writeSize, size } = geometry;
  const positive = [eraseBlock, writeSize, size].every((n) => Number.isSafeInteger(n) && n > 0);
  if (!positive || eraseBlock % writeSize !== 0 || size % eraseBlock !== 0) {
    throw new RangeError(`flash geometry does not fit: block ${eraseBlock}, write ${writeSize}, size ${size}`);
  }
}

/** Throws `RangeError` unless the span lies in the flash and both ends are multiples of `unit`. */
export function checkSpan(geometry: FlashGeometry, offset: number, length: number, unit: number): void {
  const inside = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (!inside || offset + length > geometry.size) {
    throw new RangeError(`flash span ${offset}+${length} is outside ${geometry.size}`);
  }
  if (offset % unit !== 0 || length % unit !== 0) {
    throw new RangeError(`flash span ${offset}+${length} is not a multiple of ${unit}`);
  }
}

export function isErased(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte !== erasedByte) return false;
  return true;
}
