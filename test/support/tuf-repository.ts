import { createHash } from "node:crypto";
import { canonicalJson, encodeName, formatUtcTime, jsonValue, type PlainJson } from "@sumac/tuf";
import { type RepositoryKey, repositoryKey } from "./tuf-key.ts";

/** The day on which the stories of the tests begin. */
export const start = 1_780_272_000n; // 2026-06-01T00:00:00Z
export const day = 86_400n;

export interface SigningRole {
  keys: RepositoryKey[];
  threshold: number;
  /** Who signs, if not all keys. */
  signers?: RepositoryKey[];
  expires: bigint;
  version: number;
}

export interface DelegatedRole extends SigningRole {
  name: string;
  delegator: string;
  paths: string[];
  terminating: boolean;
  targets: Record<string, PlainJson>;
  /** Keys that sign although the delegation does not name them. */
  foreignSigners?: RepositoryKey[];
}

export type Body = { [member: string]: PlainJson };

/**
 * A repository that a test publishes step by step, and can forge at every step. It is written by its own few lines, not by
 * the product's writer, so that a fault of the one does not hide a fault of the other.
 */
export class TestRepository {
  readonly served: Map<string, Uint8Array> = new Map();
  readonly targetFiles: Map<string, Uint8Array> = new Map();
  readonly root: SigningRole;
  readonly timestamp: SigningRole;
  readonly snapshot: SigningRole;
  readonly targets: SigningRole & { targets: Record<string, PlainJson> };
  readonly roles: Map<string, DelegatedRole> = new Map();
  /** What the snapshot says about role files. */
  listing: "digests" | "versions" = "digests";
  consistentSnapshot = true;
  tree: "online" | "offline" | undefined;
  /** Time of signing, written into the timestamp. */
  issued: bigint | undefined;
  /** Last chance before a body is signed. */
  edit: ((role: string, body: Body) => void) | undefined;

  constructor(kind: "ed25519" | "p256" = "ed25519") {
    const role = (keys: number, threshold: number, days: bigint): SigningRole => ({
      keys: Array.from({ length: keys }, () => repositoryKey(kind)),
      threshold,
      expires: start + days * day,
      version: 0,
    });
    this.root = role(3, 2, 365n);
    this.targets = { ...role(2, 2, 90n), targets: {} };
    this.snapshot = role(1, 1, 14n);
    this.timestamp = role(1, 1, 1n);
  }

  /** A product line with two releases. */
  static withLine(kind: "ed25519" | "p256" = "ed25519"): TestRepository {
    const repository = new TestRepository(kind);
    repository.delegate("line-drives", ["drives/*/*"], { kind });
    repository.addTarget("line-drives", "drives/dx9/1.0.0.suit", "envelope of 1.0.0");
    repository.addTarget("line-drives", "drives/dx9/1.1.0.suit", "envelope of 1.1.0");
    repository.publishAll();
    return repository;
  }

  get firstRoot(): Uint8Array {
    return this.file("1.root.json");
  }

  file(path: string): Uint8Array {
    const bytes = this.served.get(path);
    if (bytes === undefined) throw new Error(`${path} is not published`);
    return bytes;
  }

  delegate(
    name: string,
    paths: string[],
    options: Partial<Pick<DelegatedRole, "delegator" | "terminating" | "keys">> & { kind?: "ed25519" | "p256" } = {},
  ): DelegatedRole {
    const { kind, ...given } = options;
    const role: DelegatedRole = {
      name,
      paths,
      delegator: "targets",
      terminating: true,
      keys: [repositoryKey(kind)],
      threshold: 1,
      expires: start + 90n * day,
      version: 0,
      targets: {},
      ...given,
    };
    this.roles.set(name, role);
    return role;
  }

  role(name: string): DelegatedRole {
    const role = this.roles.get(name);
    if (role === undefined) throw new Error(`${name} is no role`);
    return role;
  }

  addTarget(role: string, path: string, content: string, custom?: PlainJson): void {
    const bytes = new TextEncoder().encode(content);
    const sha256 = hash(bytes);
    const target = { length: bytes.length, hashes: { sha256 }, ...(custom === undefined ? {} : { custom }) };
    if (role === "targets") this.targets.targets[path] = target;
    else this.role(role).targets[path] = target;
    const folder = path.split("/").slice(0, -1);
    this.targetFiles.set([...folder, `${sha256}.${path.split("/").at(-1)}`].join("/"), bytes);
  }

  publishAll(): void {
    if (this.root.version === 0) this.publishRoot();
    for (const name of this.roles.keys()) this.publishRole(name);
    this.publishTargets();
    this.publishSnapshot();
    this.publishTimestamp();
  }

  publishRoot(options: { version?: number } = {}): void {
    this.root.version = options.version ?? this.root.version + 1;
    const top = { root: this.root, timestamp: this.timestamp, snapshot: this.snapshot, targets: this.targets };
    const body = this.#body("root", this.root);
    body["consistent_snapshot"] = this.consistentSnapshot;
    body["keys"] = keyObjects(Object.values(top).flatMap(({ keys }) => keys));
    body["roles"] = Object.fromEntries(Object.entries(top).map(([name, role]) => [name, roleKeys(role)]));
    if (this.tree !== undefined) body["tree"] = this.tree;
    this.#publish("root", `${this.root.version}.root.json`, body, this.root);
  }

  publishTargets(): void {
    this.targets.version++;
    const body = this.#body("targets", this.targets);
    body["targets"] = this.targets.targets;
    const delegations = this.#delegations("targets");
    if (delegations !== undefined) body["delegations"] = delegations;
    this.#publish("targets", this.#versioned("targets", this.targets.version), body, this.targets);
  }

  publishRole(name: string): void {
    const role = this.role(name);
    role.version++;
    const body = this.#body("targets", role);
    body["targets"] = role.targets;
    const delegations = this.#delegations(name);
    if (delegations !== undefined) body["delegations"] = delegations;
    this.#publish(name, this.#versioned(name, role.version), body, role);
  }

  publishSnapshot(): void {
    this.snapshot.version++;
    const body = this.#body("snapshot", this.snapshot);
    const meta: Body = { "targets.json": this.#facts("targets", this.targets.version) };
    for (const [name, { version }] of this.roles) meta[`${name}.json`] = this.#facts(name, version);
    body["meta"] = meta;
    this.#publish("snapshot", this.#versioned("snapshot", this.snapshot.version), body, this.snapshot);
  }

  publishTimestamp(): void {
    this.timestamp.version++;
    const body = this.#body("timestamp", this.timestamp);
    const path = this.#versioned("snapshot", this.snapshot.version);
    const bytes = this.file(path);
    const facts = { version: this.snapshot.version, length: bytes.length, hashes: { sha256: hash(bytes) } };
    body["meta"] = { "snapshot.json": facts };
    if (this.tree !== undefined) body["tree"] = this.tree;
    if (this.issued !== undefined) body["issued"] = formatUtcTime(this.issued);
    this.#publish("timestamp", "timestamp.json", body, this.timestamp);
  }

  /** A new release: the usual way in which a repository grows. */
  release(path: string, content = `envelope ${path}`): void {
    this.addTarget("line-drives", path, content);
    this.publishRole("line-drives");
    this.publishSnapshot();
    this.publishTimestamp();
  }

  #versioned = (role: string, version: number): string =>
    this.consistentSnapshot ? `${version}.${encodeName(role)}.json` : `${encodeName(role)}.json`;

  #body(type: string, role: SigningRole): Body {
    const expires = formatUtcTime(role.expires);
    return { _type: type, spec_version: "1.0.31", version: role.version, expires };
  }

  #facts(role: string, version: number): PlainJson {
    if (this.listing === "versions") return { version };
    const bytes = this.file(this.#versioned(role, version));
    return { version, length: bytes.length, hashes: { sha256: hash(bytes) } };
  }

  #delegations(delegator: string): PlainJson | undefined {
    const roles = [...this.roles.values()].filter((role) => role.delegator === delegator);
    if (roles.length === 0) return undefined;
    return {
      keys: keyObjects(roles.flatMap(({ keys }) => keys)),
      roles: roles.map((role) => {
        const { name, paths, terminating } = role;
        return { name, paths, terminating, ...roleKeys(role) };
      }),
    };
  }

  #publish(role: string, path: string, body: Body, signing: SigningRole & { foreignSigners?: RepositoryKey[] }): void {
    this.edit?.(role, body);
    const signers = signing.foreignSigners ?? signing.signers ?? signing.keys;
    this.served.set(path, signedBytes(body, signers));
  }
}

export function signedBytes(body: PlainJson, signers: readonly RepositoryKey[]): Uint8Array {
  const message = canonicalJson(jsonValue(body));
  const signatures = signers.map((key) => ({ keyid: key.id, sig: key.sign(message) }));
  return new TextEncoder().encode(JSON.stringify({ signatures, signed: body }));
}

export const hash = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const keyObjects = (keys: readonly RepositoryKey[]): PlainJson =>
  Object.fromEntries(keys.map((key) => [key.id, key.object]));

const roleKeys = ({ keys, threshold }: SigningRole): { keyids: string[]; threshold: number } => ({
  keyids: keys.map(({ id }) => id),
  threshold,
});
