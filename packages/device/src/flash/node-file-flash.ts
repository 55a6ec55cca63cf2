import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { Unavailable } from "../unavailable.ts";
import { checkGeometry, checkSpan, erasedByte, type Flash, type FlashGeometry } from "./flash.ts";

export interface FileFlashOptions {
  readonly geometry: FlashGeometry;
  /**
   * What an operation that has returned survives. `host-power-loss` (default) flushes each one to the disk;
   * `process-kill` leaves it to the page cache, which outlives the process but not the machine.
   */
  readonly survives?: "host-power-loss" | "process-kill";
}

/**
 * NOR flash in a file, so that killing the process is the power cut of the simulated device. The operations are
 * synchronous underneath: a kill falls between two of them, or inside one system call. One process at a time.
 */
export class FileFlash implements Flash {
  readonly geometry: FlashGeometry;
  readonly #descriptor: number;
  readonly #survives: "host-power-loss" | "process-kill";

  private constructor(descriptor: number, options: FileFlashOptions) {
    this.#descriptor = descriptor;
    this.geometry = options.geometry;
    this.#survives = options.survives ?? "host-power-loss";
  }

  /**
   * Opens the flash in `path`, or makes an erased one where there is no file.
   * Throws `Unavailable`: `storage-mismatch` if the file has another size, `storage-failed` if it cannot be used.
   */
  static open(path: string, options: FileFlashOptions): FileFlash {
    checkGeometry(options.geometry);
    const descriptor = attempt(`open ${path}`, () => openOrCreate(path, options.geometry.size));
    const size = fstatSync(descriptor).size;
    if (size !== options.geometry.size) {
      closeSync(descriptor);
      throw new Unavailable("storage-mismatch", { retryable: false, detail: `${path} has ${size} bytes` });
    }
    return new FileFlash(descriptor, options);
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    checkSpan(this.geometry, offset, length, 1);
    return attempt("read", () => readExactly(this.#descriptor, offset, length));
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    checkSpan(this.geometry, offset, bytes.length, this.geometry.writeSize);
    attempt("write", () => {
      const content = readExactly(this.#descriptor, offset, bytes.length);
      for (let i = 0; i < bytes.length; i++) content[i] = (content[i] ?? 0) & (bytes[i] ?? 0);
      this.#put(offset, content);
    });
  }

  async erase(offset: number): Promise<void> {
    const { eraseBlock } = this.geometry;
    checkSpan(this.geometry, offset, eraseBlock, eraseBlock);
    attempt("erase", () => this.#put(offset, new Uint8Array(eraseBlock).fill(erasedByte)));
  }

  /** After this every operation throws. */
  close(): void {
    closeSync(this.#descriptor);
  }

  #put(offset: number, bytes: Uint8Array): void {
    writeExactly(this.#descriptor, offset, bytes);
    if (this.#survives === "host-power-loss") fdatasyncSync(this.#descriptor);
  }
}

/** A new file appears under its name only when it is whole: a half-made flash would be refused for ever. */
function openOrCreate(path: string, size: number): number {
  try {
    return openSync(path, "r+");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
  const temporary = `${path}.new`;
  try {
    const descriptor = openSync(temporary, "w+");
    try {
      const chunk = new Uint8Array(Math.min(size, 1 << 20)).fill(erasedByte);
      for (let at = 0; at < size; at += chunk.length) {
        writeExactly(descriptor, at, chunk.subarray(0, Math.min(chunk.length, size - at)));
      }
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  const folder = openSync(dirname(path), "r");
  fsyncSync(folder);
  closeSync(folder);
  return openSync(path, "r+");
}

function readExactly(descriptor: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const read = readSync(descriptor, bytes, done, length - done, offset + done);
    if (read === 0) throw new Error("the flash file ends early");
    done += read;
  }
  return bytes;
}

function writeExactly(descriptor: number, offset: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(descriptor, bytes, done, bytes.length - done, offset + done);
  }
}

/** `what` is the operation, for `detail`. */
function attempt<T>(what: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    const reason = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
    throw new Unavailable("storage-failed", { retryable: true, detail: `${what}${reason}`, cause });
  }
}
