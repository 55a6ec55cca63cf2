import path from "node:path";
import { ok, type Result } from "@sumac/cbor";
import type { Crypto } from "@sumac/crypto";
import {
  defaultLifetimes,
  type HeldTargets,
  type Lifetimes,
  type MetadataSigner,
  type PublishStep,
} from "@sumac/tuf/writer";
import { readMetadata, readTargetFile, TreeConflict, writeTree } from "@sumac/tuf/writer/node";
import { asUnavailable, Unavailable } from "../unavailable.ts";
import { type CheckTarget, checkTargetWithVerifier } from "./check-target.ts";
import { damaged, type HeldTree, publishedVersion, readRole, readTree } from "./held-tree.ts";
import { judgeGroup } from "./judge-group.ts";
import { type GroupRefusal, type NewFiles, type OfferedGroup, sortGroup } from "./offered-group.ts";
import { checkOnlineKeys } from "./online-keys.ts";
import { PendingPublication } from "./pending-publication.ts";
import { judgeStanding, type RepositoryStanding } from "./repository-standing.ts";

export interface RepositoryOptions {
  /** Keys of snapshot and timestamp, and no others. While root changes them: the old ones and the new ones. */
  readonly signers: readonly MetadataSigner[];
  readonly crypto: Crypto;
  /** Of snapshot and timestamp; default as in docs/spec/server.md. */
  readonly lifetimes?: Lifetimes;
  /** Default: the verifier. */
  readonly checkTarget?: CheckTarget;
}

/** What was published of a role. */
export interface PublishedRole {
  readonly version: number;
  /** Seconds since 1970. */
  readonly expires: bigint;
}

export interface Publication {
  readonly outcome: "published" | "already-published";
  readonly files: readonly string[];
}

const noFiles: NewFiles = { roots: [], targets: undefined, lines: new Map() };

/**
 * The signed tree of one vendor, as files below the data directory. The server adds snapshot and timestamp to what others
 * have signed; it can make nobody believe a role file. One change at a time.
 */
export class PublishedRepository {
  /** `metadata/` and `targets/`: any web server may serve it. */
  readonly folder: string;
  readonly #options: RepositoryOptions;
  readonly #now: () => bigint;
  readonly #pending: PendingPublication;
  #tree: HeldTree | undefined;
  readonly #roles = new Map<string, PublishedRole>();
  /** By role, then by SHA-256: where the role lists it. */
  readonly #paths = new Map<string, ReadonlyMap<string, string>>();
  #renewal: "ok" | string = "ok";
  #last: Promise<unknown> = Promise.resolve();

  /**
   * `now` in seconds since 1970. Throws `Unavailable`: the tree is damaged, or one of the keys speaks for an offline role.
   */
  constructor(dataDirectory: string, options: RepositoryOptions, now: () => bigint) {
    this.folder = path.join(dataDirectory, "tuf");
    this.#options = options;
    this.#now = now;
    this.#pending = new PendingPublication({ folder: dataDirectory, tree: this.folder });
    this.#guard(() => this.#pending.finish());
    this.#load();
    if (this.#tree === undefined) return;
    const apart = checkOnlineKeys(options.signers, this.#tree.root, this.#tree.targets);
    if (apart.ok) return;
    const { code, role } = apart.error;
    throw new Unavailable(code, `a key of this server is one of ${role}`, { retryable: false });
  }

  /** Brings role files, and makes them visible together with a new snapshot and timestamp. */
  publish(group: OfferedGroup): Promise<Result<Publication, GroupRefusal>> {
    return this.#inTurn(async () => {
      const read = (role: string, version: number): Uint8Array | undefined => readMetadata(this.folder, role, version);
      const files = sortGroup(group, this.#tree, read, this.#options.crypto);
      return files.ok ? this.#bring(files.value) : files;
    });
  }

  /** Signs snapshot and timestamp again where half of their life is over. What hinders it is told by `standing`. */
  renew(): Promise<Result<Publication, GroupRefusal>> {
    return this.#inTurn(async () => {
      if (this.#tree === undefined) return ok({ outcome: "already-published", files: [] });
      try {
        const renewed = await this.#bring(noFiles);
        this.#renewal = renewed.ok ? "ok" : renewed.error.code;
        return renewed;
      } catch (thrown) {
        this.#renewal = thrown instanceof Unavailable ? thrown.code : "bug";
        throw thrown;
      }
    });
  }

  /** An envelope before a role lists it: until then nobody asks for it. The name ends in its digest and its own name. */
  putTarget(name: string, bytes: Uint8Array): "created" | "already-there" {
    const before = this.#guard(() => readTargetFile(this.folder, name));
    if (before === undefined) {
      this.#guard(() => writeTree(this.folder, [{ path: `targets/${name}`, bytes, write: "once" }]));
      return "created";
    }
    return "already-there";
  }

  /** Under which path the repository lists a file with this SHA-256; undefined: under none. */
  targetPath(sha256: string): string | undefined {
    for (const paths of this.#paths.values()) {
      const found = paths.get(sha256);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  get roles(): ReadonlyMap<string, PublishedRole> {
    return this.#roles;
  }

  get standing(): RepositoryStanding {
    return judgeStanding(this.#roles, this.#renewal, this.#now());
  }

  async #bring(files: NewFiles): Promise<Result<Publication, GroupRefusal>> {
    const { crypto, lifetimes = defaultLifetimes, signers } = this.#options;
    const now = this.#now();
    const checkTarget = this.#options.checkTarget ?? checkTargetWithVerifier(crypto, this.#now);
    const steps = await judgeGroup(files, this.#tree, {
      crypto,
      now,
      lifetimes,
      signers,
      checkTarget,
      role: (name, version) => readRole(this.folder, name, version, crypto),
      targetFile: (name) => readTargetFile(this.folder, name),
    });
    if (!steps.ok) return steps;
    if (steps.value.length === 0) return ok({ outcome: "already-published", files: [] });
    this.#carryOut(steps.value);
    this.#load(files.lines);
    this.#renewal = "ok";
    return ok({ outcome: "published", files: steps.value.map((step) => step.path) });
  }

  #carryOut(steps: readonly PublishStep[]): void {
    this.#guard(() => this.#pending.carryOut(steps));
  }

  /** Everything is read again from the disk, but for role files that have not changed. */
  #load(known: ReadonlyMap<string, HeldTargets> = new Map()): void {
    const { crypto } = this.#options;
    const tree = this.#guard(() => readTree(this.folder, crypto));
    this.#tree = tree;
    if (tree === undefined) return;
    const { root, targets, snapshot, timestamp } = tree;
    for (const [role, { metadata }] of Object.entries({ root, targets, snapshot, timestamp })) {
      this.#roles.set(role, { version: metadata.version, expires: metadata.expires });
    }
    for (const { name } of targets.metadata.delegations) {
      const version = publishedVersion(tree, name);
      if (version === 0 || this.#roles.get(name)?.version === version) continue;
      const held = known.get(name) ?? this.#guard(() => readRole(this.folder, name, version, crypto));
      this.#roles.set(name, { version, expires: held.metadata.expires });
      const listed = [...held.metadata.targets.values()];
      this.#paths.set(name, new Map(listed.map(({ path: at, hashes }) => [hashes.get("sha256") ?? "", at])));
    }
    this.#forgetUndelegated(tree);
  }

  #forgetUndelegated({ targets }: HeldTree): void {
    const known = new Set(["root", "targets", "snapshot", "timestamp"]);
    for (const { name } of targets.metadata.delegations) known.add(name);
    for (const role of this.#roles.keys()) {
      if (known.has(role)) continue;
      this.#roles.delete(role);
      this.#paths.delete(role);
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(() => {
      // A publication that the disk refused halfway comes to its end before anything else begins.
      if (this.#guard(() => this.#pending.finish()) === "finished") this.#load();
      return work();
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (thrown) {
      if (!(thrown instanceof TreeConflict)) throw asUnavailable(thrown);
      // Somebody has put a file where ours belongs. What is published stays; a new publication takes the next version.
      this.#pending.drop();
      throw damaged(`${thrown.path} is there with other bytes`);
    }
  }
}
