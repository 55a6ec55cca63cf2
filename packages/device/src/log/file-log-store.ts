import type { Crypto } from "@sumac/crypto";
import type { FileSystem, OpenFile } from "../files/file-system.ts";
import { checkSpan, erasedByte, type Flash, type FlashGeometry } from "../flash/flash.ts";
import { MemoryFlash } from "../flash/memory-flash.ts";
import { Unavailable } from "../unavailable.ts";
import { type FlashLogRegion, FlashLogStore, fewestLogSegments, logRegionSize } from "./flash-log-store.ts";
import type { LogStore, RingTail, StoredPiece } from "./log-store.ts";
import type { LogRing } from "./log-type.ts";

/** How large a log file is, for good. */
export interface FileLogShape {
  readonly segments: number;
  /** Bytes, at least 2 KiB. */
  readonly segmentSize: number;
}

/** 512 KiB: about 2,500 records. */
export const gatewayLog: FileLogShape = { segments: 32, segmentSize: 16384 };

/**
 * The log in one file that is made with all its bytes and never grows: a disk that is full later takes no record away
 * (CR 2.9). Inside it is laid out like the flash log, and a segment that is full is overwritten in turn. One process writes
 * it; others may read it meanwhile (`readLogFile`).
 */
export class FileLogStore implements LogStore {
  readonly #files: FileSystem;
  readonly #path: string;
  readonly #region: FlashLogRegion;
  readonly #crypto: Crypto;
  #file: OpenFile | undefined;
  #inner: FlashLogStore;

  constructor(files: FileSystem, path: string, shape: FileLogShape, crypto: Crypto) {
    this.#files = files;
    this.#path = path;
    this.#region = { offset: 0, ...shape };
    this.#crypto = crypto;
    this.#inner = new FlashLogStore(closedFile(geometryOf(shape)), this.#region, crypto);
  }

  async open(): Promise<void> {
    await this.close();
    this.#file = await openOrMake(this.#files, this.#path, logRegionSize(this.#region));
    const flash = new FileAsFlash(this.#file, geometryOf(this.#region));
    this.#inner = new FlashLogStore(flash, this.#region, this.#crypto);
    await this.#inner.open();
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  capacity(ring: LogRing): number {
    return this.#inner.capacity(ring);
  }

  cost(length: number): number {
    return this.#inner.cost(length);
  }

  append(ring: LogRing, record: Uint8Array, tail: RingTail): Promise<void> {
    return this.#inner.append(ring, record, tail);
  }

  restart(ring: LogRing, tail: RingTail): Promise<void> {
    return this.#inner.restart(ring, tail);
  }

  pieces(ring: LogRing): AsyncIterable<StoredPiece> {
    return this.#inner.pieces(ring);
  }
}

/** A file has no blocks to erase; a segment is one, and records begin at every byte. */
const geometryOf = ({ segments, segmentSize }: FileLogShape): FlashGeometry => ({
  eraseBlock: segmentSize,
  writeSize: 1,
  size: segments * segmentSize,
});

class FileAsFlash implements Flash {
  readonly geometry: FlashGeometry;
  readonly #file: OpenFile;

  constructor(file: OpenFile, geometry: FlashGeometry) {
    this.#file = file;
    this.geometry = geometry;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    checkSpan(this.geometry, offset, length, 1);
    const bytes = new Uint8Array(length);
    const done = await this.#file.read(offset, bytes);
    if (done < length) throw new Unavailable("storage-failed", { retryable: true, detail: "the log file ends early" });
    return bytes;
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    checkSpan(this.geometry, offset, bytes.length, 1);
    await this.#file.write(offset, bytes);
    await this.#file.sync();
  }

  async erase(offset: number): Promise<void> {
    checkSpan(this.geometry, offset, this.geometry.eraseBlock, this.geometry.eraseBlock);
    await this.write(offset, new Uint8Array(this.geometry.eraseBlock).fill(erasedByte));
  }
}

const closedFile = (geometry: FlashGeometry): Flash => {
  const refuse = async (): Promise<never> => {
    throw new Unavailable("storage-failed", { retryable: true, detail: "the log file is not open" });
  };
  return { geometry, read: refuse, write: refuse, erase: refuse };
};

/** A new file appears under its name only when it is whole. */
async function openOrMake(files: FileSystem, path: string, size: number): Promise<OpenFile> {
  if ((await files.facts(path)) === undefined) await makeErased(files, path, size);
  const file = await files.open(path, "change");
  if (file.facts.size === size) return file;
  await file.close();
  throw new Unavailable("storage-mismatch", { retryable: false, detail: `${path} has ${file.facts.size} bytes` });
}

async function makeErased(files: FileSystem, path: string, size: number): Promise<void> {
  const temporary = `${path}.new`;
  await files.remove(temporary);
  const file = await files.open(temporary, "create");
  try {
    const chunk = new Uint8Array(Math.min(size, 65536)).fill(erasedByte);
    for (let at = 0; at < size; at += chunk.length) {
      await file.write(at, chunk.subarray(0, Math.min(chunk.length, size - at)));
    }
    await file.sync();
  } finally {
    await file.close();
  }
  await files.rename(temporary, path);
  await files.syncFolder(path.slice(0, path.lastIndexOf("/")) || (path.startsWith("/") ? "/" : "."));
}

/** The log of a gateway, from the bytes of its file: to look at while another process writes it. */
export function readLogFile(content: Uint8Array, crypto: Crypto): LogStore | undefined {
  const { segmentSize } = gatewayLog;
  const segments = content.length / segmentSize;
  if (!Number.isInteger(segments) || segments < fewestLogSegments) return undefined;
  const shape = { segments, segmentSize };
  return new FlashLogStore(new MemoryFlash(geometryOf(shape), content), { offset: 0, ...shape }, crypto);
}
