/** Files in memory that lose at a power cut what was not synced, and whose power can be cut at every operation. */
import type { FileFacts, FileSystem, OpenFile, OpenMode } from "../files/file-system.ts";
import { Unavailable } from "../unavailable.ts";
import { type CutPoint, PowerCut, seededBytes } from "./power-cut.ts";

type Change = { readonly offset: number; readonly bytes: Uint8Array } | { readonly size: number };

class File {
  readonly kind = "file";
  safe: Uint8Array = new Uint8Array();
  now: Uint8Array = new Uint8Array();
  unsafe: Change[] = [];
}

interface Link {
  readonly kind: "link";
  readonly target: string;
}

type Entry = File | Folder | Link;
type Naming = { readonly set?: readonly [name: string, entry: Entry]; readonly unset?: string };

class Folder {
  readonly kind = "folder";
  safe: Map<string, Entry> = new Map();
  now: Map<string, Entry> = new Map();
  unsafe: Naming[] = [];

  change(naming: Naming): void {
    this.unsafe.push(naming);
    applyNaming(this.now, naming);
  }
}

/** What of that which was not synced outlives the cut. `some`: each operation alone, whole, torn or not at all. */
export type Survival = "nothing" | "everything" | "some";

export interface FragileFilesOptions {
  readonly cut?: CutPoint;
  /** Syncs that return without doing anything. Told by `sync FILE 1` or `sync-folder FOLDER 3`, the third of its kind. */
  lies?(sync: string): boolean;
  readonly freeBytes?: number;
}

export class FragileFiles implements FileSystem {
  operations = 0;
  /** Every sync there was, to make each of them a lie in turn. */
  readonly syncs: Set<string> = new Set();
  readonly #root: Folder;
  readonly #options: FragileFilesOptions;
  readonly #counts = new Map<string, number>();
  #dead = false;

  constructor(options: FragileFilesOptions = {}, root: Folder = new Folder()) {
    this.#options = options;
    this.#root = root;
  }

  /** The files as the next start finds them. These here are dead from now on. */
  afterCut(survival: Survival, seed: number, options: FragileFilesOptions = {}): FragileFiles {
    this.#dead = true;
    return new FragileFiles(options, survivor(this.#root, survival, seededBytes(seed)) as Folder);
  }

  /** The same files once more, as safe as they are. */
  copy(options: FragileFilesOptions): FragileFiles {
    return new FragileFiles(options, copyOf(this.#root) as Folder);
  }

  async names(folder: string): Promise<readonly string[]> {
    this.#checkPower();
    const entry = this.#find(folder);
    return entry instanceof Folder ? [...entry.now.keys()] : [];
  }

  async facts(path: string): Promise<FileFacts | undefined> {
    this.#checkPower();
    const entry = this.#find(path);
    return entry === undefined ? undefined : factsOf(entry);
  }

  async makeFolder(path: string): Promise<void> {
    this.#name(path, (name) => ({ set: [name, new Folder()] }));
  }

  async open(path: string, mode: OpenMode): Promise<OpenFile> {
    this.#checkPower();
    if (mode === "create") {
      if (this.#find(path) !== undefined) throw new Unavailable("storage-foreign", { retryable: false, detail: path });
      this.#name(path, (name) => ({ set: [name, new File()] }));
    }
    const file = this.#find(path);
    if (file === undefined) throw new Unavailable("storage-failed", { retryable: true, detail: path });
    if (!(file instanceof File)) throw new Unavailable("storage-foreign", { retryable: false, detail: path });
    return this.#openFile(file, path);
  }

  async rename(from: string, to: string): Promise<void> {
    const entry = this.#find(from);
    if (entry === undefined) throw new Unavailable("storage-failed", { retryable: true, detail: from });
    if (folderOf(from) !== folderOf(to)) throw new Error("only within one folder");
    this.#name(to, (name) => ({ set: [name, entry], unset: nameOf(from) }));
  }

  async remove(path: string): Promise<void> {
    this.#checkPower();
    if (this.#find(path) !== undefined) this.#name(path, (name) => ({ unset: name }));
  }

  async makeLink(path: string, target: string): Promise<void> {
    this.#name(path, (name) => ({ set: [name, { kind: "link", target }] }));
  }

  async linkTarget(path: string): Promise<string | undefined> {
    this.#checkPower();
    const entry = this.#find(path);
    return entry?.kind === "link" ? entry.target : undefined;
  }

  async syncFolder(path: string): Promise<void> {
    const folder = this.#find(path);
    if (!(folder instanceof Folder)) throw new Unavailable("storage-failed", { retryable: true, detail: path });
    this.#sync(`sync-folder ${path}`, (part) => {
      for (const naming of folder.unsafe.splice(0, Math.ceil(folder.unsafe.length * part))) {
        applyNaming(folder.safe, naming);
      }
    });
  }

  async freeBytes(): Promise<number> {
    this.#checkPower();
    return this.#options.freeBytes ?? 1e9;
  }

  #openFile(file: File, path: string): OpenFile {
    const change = (whole: Change, torn?: Change): void =>
      this.#operate(
        () => applyTo(file, whole),
        () => torn !== undefined && applyTo(file, torn),
      );
    return {
      facts: factsOf(file),
      read: async (offset, into) => {
        this.#checkPower();
        const bytes = file.now.subarray(offset, offset + into.length);
        into.set(bytes);
        return bytes.length;
      },
      write: async (offset, bytes) => {
        const copied = bytes.slice();
        change({ offset, bytes: copied }, { offset, bytes: copied.subarray(0, copied.length >> 1) });
      },
      truncate: async (size) => change({ size }),
      sync: async () =>
        this.#sync(`sync ${path}`, (part) => {
          for (const one of file.unsafe.splice(0, Math.ceil(file.unsafe.length * part))) {
            file.safe = changed(file.safe, one);
          }
        }),
      close: async () => undefined,
    };
  }

  #name(path: string, naming: (name: string) => Naming): void {
    const folder = this.#find(folderOf(path));
    if (!(folder instanceof Folder)) throw new Unavailable("storage-failed", { retryable: true, detail: path });
    this.#operate(
      () => folder.change(naming(nameOf(path))),
      () => undefined,
    );
  }

  #sync(kind: string, make: (part: number) => void): void {
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    const what = `${kind} ${count}`;
    this.syncs.add(what);
    const lie = this.#options.lies?.(what) === true;
    this.#operate(
      () => !lie && make(1),
      () => !lie && make(0.5),
    );
  }

  #operate(whole: () => unknown, torn: () => unknown): void {
    this.#checkPower();
    const { cut } = this.#options;
    if (this.operations++ !== cut?.operation) return void whole();
    this.#dead = true;
    if (cut.moment === "after") whole();
    if (cut.moment === "torn") torn();
    throw new PowerCut();
  }

  #checkPower(): void {
    if (this.#dead) throw new PowerCut();
  }

  #find(path: string): Entry | undefined {
    let entry: Entry | undefined = this.#root;
    for (const name of path.split("/").filter((part) => part !== "")) {
      entry = entry instanceof Folder ? entry.now.get(name) : undefined;
    }
    return entry;
  }
}

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));
const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

function factsOf(entry: Entry): FileFacts {
  const size = entry instanceof File ? entry.now.length : 0;
  return { kind: entry.kind, size, links: 1, access: "private" };
}

function applyNaming(names: Map<string, Entry>, { set, unset }: Naming): void {
  if (unset !== undefined) names.delete(unset);
  if (set !== undefined) names.set(...set);
}

function applyTo(file: File, change: Change): void {
  file.unsafe.push(change);
  file.now = changed(file.now, change);
}

function changed(content: Uint8Array, change: Change): Uint8Array {
  const size = "size" in change ? change.size : Math.max(content.length, change.offset + change.bytes.length);
  const next = new Uint8Array(size);
  next.set(content.subarray(0, size));
  if (!("size" in change)) next.set(change.bytes, change.offset);
  return next;
}

function survivor(entry: Entry, survival: Survival, random: () => number): Entry {
  const survives = (): boolean => survival === "everything" || (survival === "some" && random() % 2 === 0);
  if (entry.kind === "link") return entry;
  if (entry instanceof File) {
    const left = new File();
    left.safe = entry.safe;
    for (const change of entry.unsafe) {
      if (survives()) left.safe = changed(left.safe, change);
      // The size came through, its bytes did not: what was on the disk shows.
      else if (survival === "some" && !("size" in change) && random() % 2 === 0) {
        left.safe = changed(left.safe, { ...change, bytes: change.bytes.map(() => random()) });
      }
    }
    left.now = left.safe;
    return left;
  }
  const left = new Folder();
  const names = new Map(entry.safe);
  for (const naming of entry.unsafe) if (survives()) applyNaming(names, naming);
  for (const [name, below] of names) left.safe.set(name, survivor(below, survival, random));
  left.now = new Map(left.safe);
  return left;
}

function copyOf(entry: Entry): Entry {
  if (entry.kind === "link") return entry;
  const copy = entry instanceof File ? new File() : new Folder();
  if (entry instanceof File) Object.assign(copy, { safe: entry.now, now: entry.now });
  else if (copy instanceof Folder) {
    for (const [name, below] of entry.now) copy.safe.set(name, copyOf(below));
    copy.now = new Map(copy.safe);
  }
  return copy;
}
