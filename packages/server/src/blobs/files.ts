import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";

/** The file operations that a blob's life is made of, so that a test can stop the world between any two of them. */
export interface Files {
  /** Creates a file that must not exist yet. */
  create(path: string): Promise<NewFile>;
  rename(from: string, to: string): Promise<void>;
  /** Makes names in a folder durable: a rename is only in memory until then. */
  syncDirectory(path: string): Promise<void>;
  /** Creates missing folders, and makes them durable. */
  makeDirectory(path: string): Promise<void>;
  /** No error if there is no such file. */
  remove(path: string): Promise<void>;
  /** Names in a folder; none if there is no such folder. */
  list(path: string): Promise<readonly string[]>;
  /** Bytes; undefined if there is no such file. */
  size(path: string): Promise<number | undefined>;
}

export interface NewFile {
  write(chunk: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

export const nodeFiles: Files = {
  async create(path) {
    const handle = await open(path, "wx", 0o600);
    return {
      async write(chunk) {
        for (let done = 0; done < chunk.length; ) done += (await handle.write(chunk, done)).bytesWritten;
      },
      sync: () => handle.sync(),
      close: () => handle.close(),
    };
  },
  rename,
  syncDirectory,
  async makeDirectory(path) {
    const created = await mkdir(path, { recursive: true, mode: 0o700 });
    if (created !== undefined) await syncDirectory(dirname(created));
  },
  remove: (path) => rm(path, { force: true }),
  async list(path) {
    try {
      return await readdir(path);
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw thrown;
    }
  },
  async size(path) {
    try {
      return (await stat(path)).size;
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw thrown;
    }
  },
};

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
