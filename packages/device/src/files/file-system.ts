/** What stands under a name. A link is not followed. */
export interface FileFacts {
  readonly kind: "file" | "folder" | "link" | "block-device" | "other";
  /** Bytes; of a block device those it holds. */
  readonly size: number;
  /** How many names it has. A second one is a way to change it that nobody watches. */
  readonly links: number;
  /** `private`: nobody but the user of this process (and root) may write it. */
  readonly access: "private" | "shared";
}

/**
 * `read`: what is there. `create`: it must not be there; only its owner may read and write it. `change`: what is there, to
 * be written.
 */
export type OpenMode = "read" | "create" | "change";

/**
 * The files of one operating system, with their durability spelled out: what was written is safe after `OpenFile.sync`,
 * a name that was made, moved or removed is safe after `syncFolder` of the folder it stands in, and until then a power cut
 * may undo each of them alone. A rename is atomic. Links are never followed in the last part of a path. Faults are thrown
 * as `Unavailable`: `storage-full`, `storage-foreign` where something of another kind stands in the way, else
 * `storage-failed`.
 */
export interface FileSystem {
  /** In no order; a folder that is not there has none. */
  names(folder: string): Promise<readonly string[]>;
  /** Undefined: nothing is there. */
  facts(path: string): Promise<FileFacts | undefined>;
  /** Only its owner may enter it. The folder above must be there. */
  makeFolder(path: string): Promise<void>;
  /** Opens a file or a block device, and nothing else: a pipe would wait for ever. */
  open(path: string, mode: OpenMode): Promise<OpenFile>;
  /** Takes the place of what is there under the new name. */
  rename(from: string, to: string): Promise<void>;
  /** Removes what is there, if anything; a folder with all that is in it, a link without what it points at. */
  remove(path: string): Promise<void>;
  makeLink(path: string, target: string): Promise<void>;
  /** Undefined: no link is there. */
  linkTarget(path: string): Promise<string | undefined>;
  syncFolder(path: string): Promise<void>;
  /** Bytes that can still be written by this user in the file system of the path. */
  freeBytes(path: string): Promise<number>;
}

export interface OpenFile {
  readonly facts: FileFacts;
  /** Fills `into` from there on; fewer bytes only where the file ends. Answers how many. */
  read(offset: number, into: Uint8Array): Promise<number>;
  /** All of the bytes, which must not change until it returns. */
  write(offset: number, bytes: Uint8Array): Promise<void>;
  truncate(size: number): Promise<void>;
  sync(): Promise<void>;
  /** Never throws: what has to be safe was synced before. */
  close(): Promise<void>;
}
