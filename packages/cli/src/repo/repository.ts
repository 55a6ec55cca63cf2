import path from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import { maxDescriptionBytes } from "@sumac/signing";
import {
  type DraftContext,
  type HeldRoot,
  type HeldSnapshot,
  type HeldTargets,
  type HeldTimestamp,
  holdRoot,
  holdSnapshot,
  holdTargets,
  holdTimestamp,
  type InForce,
} from "@sumac/tuf/writer";
import { listVersions } from "@sumac/tuf/writer/node";
import { writeFileAtomically } from "../atomic-file.ts";
import { readWhole } from "../bound-read.ts";
import { unavailable } from "../failure.ts";
import { fileState } from "../file-state.ts";
import type { Io } from "../io.ts";
import { publishedMetadata } from "./published-tree.ts";
import { parseSettings, type RepositorySettings, settingsText } from "./repository-settings.ts";
import { orUnreadable, writingFailure } from "./writing-failure.ts";

/** A vendor's repository folder: settings, the published tree and the ceremonies. No private key is in it. */
export class Repository {
  readonly io: Io;
  /** As it was typed. */
  readonly name: string;
  readonly settings: RepositorySettings;
  /** By role, the file of the draft that this command's change started from; empty where there was no draft. */
  readonly startedFrom: Map<string, Uint8Array> = new Map();
  readonly #versions: ReadonlyMap<string, number>;
  readonly #held = new Map<string, HeldTargets>();

  private constructor(io: Io, name: string, settings: RepositorySettings) {
    this.io = io;
    this.name = name;
    this.settings = settings;
    const versions = [...listVersions(this.folder)];
    this.#versions = new Map(versions.map(([role, files]) => [role, files.at(-1)?.version ?? 0]));
  }

  static async open(io: Io, name: string): Promise<Repository> {
    const file = path.join(name, "repository.yaml");
    if (fileState(io, file) !== "file") {
      throw unavailable(
        "repository-not-found",
        `${name} is no repository: there is no ${file}`,
        "check the folder, or begin one with sumac repo init",
      );
    }
    return new Repository(io, name, parseSettings(await readWhole(io, file, "repository settings", maxSettingsBytes)));
  }

  get folder(): string {
    return path.resolve(this.io.workingFolder, this.name);
  }

  /** The newest version of a role in the tree, published or not; 0 if there is none. */
  version(role: string): number {
    return this.#versions.get(role) ?? 0;
  }

  get roles(): readonly string[] {
    return [...this.#versions.keys()];
  }

  root(): HeldRoot | undefined {
    return this.#read("root", (bytes, file) => orUnreadable(holdRoot(bytes, file, nodeCrypto), file));
  }

  /** The top-level targets, or a line's role. Read once: a role file is the larger part of what a change costs. */
  targets(role = "targets"): HeldTargets | undefined {
    const known = this.#held.get(role);
    if (known !== undefined) return known;
    const held = this.#read(role, (bytes, file) => orUnreadable(holdTargets(bytes, file, nodeCrypto), file));
    if (held !== undefined) this.#held.set(role, held);
    return held;
  }

  needTargets(): HeldTargets {
    const held = this.targets();
    if (held === undefined) throw writingFailure({ code: "role-not-written", role: "targets" });
    return held;
  }

  needRoot(): HeldRoot {
    const held = this.root();
    if (held === undefined) throw writingFailure({ code: "role-not-written", role: "root" });
    return held;
  }

  inForce(): InForce {
    return { root: this.root(), targets: this.targets() };
  }

  timestamp(): HeldTimestamp | undefined {
    const bytes = publishedMetadata(this.folder, "timestamp");
    return bytes && orUnreadable(holdTimestamp(bytes, "timestamp.json"), "timestamp.json");
  }

  /** What devices see: an interrupted publication may have left a newer one that no timestamp names. */
  publishedSnapshot(): HeldSnapshot | undefined {
    return this.snapshot(this.timestamp()?.metadata.snapshot.version ?? 0);
  }

  snapshot(version: number = this.version("snapshot")): HeldSnapshot | undefined {
    if (version === 0) return undefined;
    const file = `${version}.snapshot.json`;
    const bytes = publishedMetadata(this.folder, "snapshot", version);
    return bytes && orUnreadable(holdSnapshot(bytes, file), file);
  }

  context(): DraftContext {
    const { lifetimes, schemes } = this.settings;
    return { crypto: nodeCrypto, now: BigInt(Math.floor(Date.now() / 1000)), lifetimes, schemes };
  }

  nameOf(keyId: string): string | undefined {
    return this.settings.people.get(keyId);
  }

  /** Notes who holds keys, keeping the names there are. */
  remember(people: ReadonlyMap<string, string>): void {
    const fresh = [...people].filter(([id]) => !this.settings.people.has(id));
    if (fresh.length === 0) return;
    const all = new Map([...this.settings.people, ...fresh]);
    writeSettings(this.io, this.name, { ...this.settings, people: all });
  }

  /** Notes a path as used up. */
  withdraw(path: string): void {
    if (this.settings.withdrawn.has(path)) return;
    const withdrawn = new Set([...this.settings.withdrawn, path]);
    writeSettings(this.io, this.name, { ...this.settings, withdrawn });
  }

  #read<T>(role: string, hold: (bytes: Uint8Array, file: string) => T): T | undefined {
    const version = this.version(role);
    const bytes = version === 0 ? undefined : publishedMetadata(this.folder, role, version);
    return bytes && hold(bytes, `${version}.${role}.json`);
  }
}

/** As much as a description may have, which is how it is read. */
const maxSettingsBytes = maxDescriptionBytes;

export function writeSettings(io: Io, repository: string, settings: RepositorySettings): void {
  const bytes = new TextEncoder().encode(settingsText(settings));
  if (bytes.length > maxSettingsBytes) {
    throw unavailable(
      "settings-full",
      `repository.yaml would have ${bytes.length} bytes, and may have ${maxSettingsBytes}`,
      "take the oldest of its withdrawn releases out",
    );
  }
  writeFileAtomically(io, { name: path.join(repository, "repository.yaml"), bytes, ifExists: "replace" });
}
