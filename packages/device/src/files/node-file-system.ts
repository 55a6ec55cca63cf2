import { constants, type Stats } from "node:fs";
import {
  type FileHandle,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  statfs,
  symlink,
} from "node:fs/promises";
import { Unavailable } from "../unavailable.ts";
import type { FileFacts, FileSystem, OpenFile, OpenMode } from "./file-system.ts";

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = constants;

/** O_NONBLOCK: opening a pipe must not wait for somebody at its other end. It means nothing for files. */
const flags: Readonly<Record<OpenMode, number>> = {
  read: O_RDONLY | O_NOFOLLOW | O_NONBLOCK,
  create: O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW,
  change: O_RDWR | O_NOFOLLOW | O_NONBLOCK,
};

/** The files of a Linux system. Everything that may wait for a disk happens outside the event loop. */
export const nodeFileSystem: FileSystem = {
  async names(folder) {
    return attempt("list", folder, () => readdir(folder), { missing: [] });
  },

  async facts(path) {
    const stats = await attempt("look at", path, () => lstat(path), { missing: undefined });
    return stats === undefined ? undefined : factsOf(stats);
  },

  async makeFolder(path) {
    await attempt("make", path, () => mkdir(path, { mode: 0o700 }));
  },

  open: (path, mode) => attempt("open", path, () => openFile(path, mode)),

  async rename(from, to) {
    await attempt("rename", from, () => rename(from, to));
  },

  async remove(path) {
    await attempt("remove", path, () => rm(path, { recursive: true, force: true }));
  },

  async makeLink(path, target) {
    await attempt("link", path, () => symlink(target, path));
  },

  async linkTarget(path) {
    const facts = await this.facts(path);
    return facts?.kind === "link" ? attempt("read", path, () => readlink(path)) : undefined;
  },

  async syncFolder(path) {
    await attempt("sync", path, async () => {
      const folder = await open(path, O_RDONLY | constants.O_DIRECTORY | O_NOFOLLOW);
      try {
        await folder.sync();
      } finally {
        await folder.close();
      }
    });
  },

  async freeBytes(path) {
    const { bavail, bsize } = await attempt("measure", path, () => statfs(path));
    return bavail * bsize;
  },
};

async function openFile(path: string, mode: OpenMode): Promise<OpenFile> {
  const handle = await open(path, flags[mode], 0o600);
  try {
    const facts = await withDeviceSize(await handle.stat());
    if (facts.kind !== "file" && facts.kind !== "block-device") throw foreign(path, facts.kind);
    return new NodeFile(path, handle, facts);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

class NodeFile implements OpenFile {
  readonly facts: FileFacts;
  readonly #path: string;
  readonly #handle: FileHandle;

  constructor(path: string, handle: FileHandle, facts: FileFacts) {
    this.#path = path;
    this.#handle = handle;
    this.facts = facts;
  }

  read(offset: number, into: Uint8Array): Promise<number> {
    return attempt("read", this.#path, async () => {
      let done = 0;
      while (done < into.length) {
        const { bytesRead } = await this.#handle.read(into, done, into.length - done, offset + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return done;
    });
  }

  write(offset: number, bytes: Uint8Array): Promise<void> {
    return attempt("write", this.#path, async () => {
      for (let done = 0; done < bytes.length; ) {
        done += (await this.#handle.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
      }
    });
  }

  truncate(size: number): Promise<void> {
    return attempt("truncate", this.#path, () => this.#handle.truncate(size));
  }

  sync(): Promise<void> {
    return attempt("sync", this.#path, () => this.#handle.sync());
  }

  async close(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
  }
}

function factsOf(stats: Stats): FileFacts {
  const kind = stats.isFile()
    ? "file"
    : stats.isDirectory()
      ? "folder"
      : stats.isSymbolicLink()
        ? "link"
        : stats.isBlockDevice()
          ? "block-device"
          : "other";
  const othersMayWrite = (stats.mode & 0o022) !== 0 || stats.uid !== process.geteuid?.();
  return { kind, size: stats.size, links: stats.nlink, access: othersMayWrite ? "shared" : "private" };
}

/** `stat` knows no size of a block device; the kernel tells it in sectors of 512 bytes. */
async function withDeviceSize(stats: Stats): Promise<FileFacts> {
  const facts = factsOf(stats);
  if (facts.kind !== "block-device") return facts;
  const major = ((stats.rdev >> 8) & 0xfff).toString();
  const minor = ((stats.rdev & 0xff) | ((stats.rdev >> 12) & 0xfff00)).toString();
  const sectors = Number(await readFile(`/sys/dev/block/${major}:${minor}/size`, "ascii"));
  return { ...facts, size: sectors * 512 };
}

const foreignCodes: ReadonlySet<string> = new Set(["ELOOP", "ENXIO", "EISDIR", "ENOTDIR", "EEXIST", "ENODEV"]);

/** `what` is the operation, for `detail`. With `missing`, a path that is not there is that answer and no fault. */
async function attempt<T>(
  what: string,
  path: string,
  action: () => Promise<T>,
  absent?: { readonly missing: T },
): Promise<T>;
async function attempt<T, M>(
  what: string,
  path: string,
  action: () => Promise<T>,
  absent: { readonly missing: M },
): Promise<T | M>;
async function attempt<T, M>(
  what: string,
  path: string,
  action: () => Promise<T>,
  absent?: { readonly missing: M },
): Promise<T | M> {
  try {
    return await action();
  } catch (cause) {
    if (cause instanceof Unavailable) throw cause;
    const reason = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
    if (reason === "ENOENT" && absent !== undefined) return absent.missing;
    const detail = `${what} ${path} (${reason})`;
    if (reason === "ENOSPC" || reason === "EDQUOT") {
      throw new Unavailable("storage-full", { retryable: true, detail, cause });
    }
    if (foreignCodes.has(reason)) throw new Unavailable("storage-foreign", { retryable: false, detail, cause });
    throw new Unavailable("storage-failed", { retryable: true, detail, cause });
  }
}

const foreign = (path: string, kind: string): Unavailable =>
  new Unavailable("storage-foreign", { retryable: false, detail: `${path} is a ${kind}` });
