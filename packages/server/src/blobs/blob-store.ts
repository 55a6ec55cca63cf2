import { randomBytes } from "node:crypto";
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { err, ok, type Result } from "@sumac/cbor";
import type { Refusal } from "../refusal.ts";
import { asUnavailable, guardStorage, Unavailable } from "../unavailable.ts";
import { type Files, type NewFile, nodeFiles } from "./files.ts";
import { type BlobFacts, startMeasure } from "./measure.ts";

export type BlobRefusal = Extract<Refusal, { code: "digest-mismatch" | "length-mismatch" }>;

const readChunkBytes = 1024 * 1024;

/** The sender went away in the middle of a body. Nothing is left of it. */
export class SenderGone extends Error {
  constructor(cause: unknown) {
    super("the sender went away", { cause });
    this.name = "SenderGone";
  }
}

/**
 * Content-addressed files, `sha256/ab/<hex>`. A file stands under its name only when all of it is on the disk and its
 * digest was checked; it is never changed. Whether it is in use is known to the database alone.
 */
export class BlobStore {
  readonly #root: string;
  readonly #files: Files;

  constructor(root: string, files: Files = nodeFiles) {
    this.#root = root;
    this.#files = files;
  }

  #incoming = (): string => join(this.#root, "incoming");
  #folder = (sha256: string): string => join(this.#root, "sha256", sha256.slice(0, 2));

  /** Only for a digest that was checked to be 64 hex digits: it becomes a path. */
  #path(sha256: string): string {
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new RangeError("a blob is named by 64 lower-case hex digits");
    return join(this.#folder(sha256), sha256);
  }

  /** Creates the folders and removes what an earlier process left half-received. */
  prepare(): Promise<void> {
    return guardStorage(async () => {
      await this.#files.makeDirectory(this.#incoming());
      await this.#files.makeDirectory(join(this.#root, "sha256"));
      for (const name of await this.#files.list(this.#incoming()))
        await this.#files.remove(join(this.#incoming(), name));
    });
  }

  /**
   * Receives a body of exactly `size` bytes with exactly this digest, durably, or leaves nothing. Memory: one chunk.
   * Throws `Unavailable` for the disk and `SenderGone` for the body.
   */
  async put(sha256: string, size: number, body: AsyncIterable<Uint8Array>): Promise<Result<BlobFacts, BlobRefusal>> {
    const target = this.#path(sha256);
    const temporary = join(this.#incoming(), randomBytes(12).toString("hex"));
    try {
      const file = await this.#files.create(temporary);
      const received = await receive(file, size, body).finally(() => file.close());
      const refusal = compare(received, sha256, size);
      if (refusal !== undefined) {
        await this.#files.remove(temporary);
        return err(refusal);
      }
      await this.#files.makeDirectory(this.#folder(sha256));
      await this.#files.rename(temporary, target);
      await this.#files.syncDirectory(this.#folder(sha256));
      return ok(received.facts);
    } catch (thrown) {
      // If even this fails, the sweep at the next start removes it.
      await this.#files.remove(temporary).catch(() => undefined);
      throw asUnavailable(thrown);
    }
  }

  /** Checks a body against a blob that is here already, without writing. */
  async compare(
    sha256: string,
    size: number,
    body: AsyncIterable<Uint8Array>,
  ): Promise<Result<BlobFacts, BlobRefusal>> {
    const received = await receive(undefined, size, body);
    const refusal = compare(received, sha256, size);
    return refusal === undefined ? ok(received.facts) : err(refusal);
  }

  /** Opens a blob of known size for reading. Throws `Unavailable` `blob-damaged` if the disk disagrees. */
  async read(sha256: string, size: number, span: { readonly start: number; readonly end: number }): Promise<Readable> {
    const handle = await open(this.#path(sha256), "r").catch((thrown: NodeJS.ErrnoException) => {
      if (thrown.code === "ENOENT") throw damaged(thrown);
      throw asUnavailable(thrown);
    });
    try {
      if ((await handle.stat()).size !== size) throw damaged(undefined);
      const highWaterMark = Math.max(1, Math.min(readChunkBytes, span.end - span.start + 1));
      return handle.createReadStream({ start: span.start, end: span.end, highWaterMark });
    } catch (thrown) {
      await handle.close();
      throw asUnavailable(thrown);
    }
  }

  /** Bytes on the disk, or undefined. */
  size = (sha256: string): Promise<number | undefined> => guardStorage(() => this.#files.size(this.#path(sha256)));

  remove = (sha256: string): Promise<void> => guardStorage(() => this.#files.remove(this.#path(sha256)));

  /** The digests of all files, folder by folder. */
  async *stored(): AsyncIterable<string> {
    const top = join(this.#root, "sha256");
    for (const folder of await guardStorage(() => this.#files.list(top))) {
      for (const name of await guardStorage(() => this.#files.list(join(top, folder)))) {
        if (/^[0-9a-f]{64}$/.test(name)) yield name;
      }
    }
  }

  /** Throws `Unavailable` unless a file can be created, made durable and removed. */
  probe(): Promise<void> {
    const path = join(this.#incoming(), `probe-${randomBytes(6).toString("hex")}`);
    return guardStorage(async () => {
      try {
        const file = await this.#files.create(path);
        await file.write(Uint8Array.of(0)).finally(() => file.close());
      } finally {
        await this.#files.remove(path);
      }
    });
  }
}

interface Received {
  readonly facts: BlobFacts;
  /** `longer`: stopped at the first chunk beyond the announced size, which was not written. */
  readonly length: "as-announced" | "longer" | "shorter";
}

async function receive(file: NewFile | undefined, size: number, body: AsyncIterable<Uint8Array>): Promise<Received> {
  const measure = startMeasure();
  for await (const chunk of fromSender(body)) {
    if (measure.size + chunk.length > size) return { facts: measure.facts(), length: "longer" };
    measure.update(chunk);
    await file?.write(chunk);
  }
  await file?.sync();
  return { facts: measure.facts(), length: measure.size < size ? "shorter" : "as-announced" };
}

/** Tells a sender that broke off from a disk that broke: both arrive as exceptions with errno codes. */
async function* fromSender(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await iterator.next().catch((thrown: unknown) => {
        throw new SenderGone(thrown);
      });
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}

function compare({ facts, length }: Received, sha256: string, size: number): BlobRefusal | undefined {
  if (length !== "as-announced") return { code: "length-mismatch", expected: size, received: facts.size };
  if (facts.sha256 !== sha256) return { code: "digest-mismatch", expected: sha256, computed: facts.sha256 };
  return undefined;
}

const damaged = (cause: unknown): Unavailable =>
  new Unavailable("blob-damaged", "a published blob is missing from the disk or has another length", {
    retryable: false,
    cause,
  });
