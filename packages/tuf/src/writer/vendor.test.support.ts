/** A vendor of tests: TEST ONLY keys in memory, and the ceremonies without people. */
import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { Result } from "@sumac/cbor";
import { keyId, parsePublicKeyDer } from "@sumac/cose";
import { nodeCrypto } from "@sumac/crypto/node";
import type { InForce } from "./authority.ts";
import { combine } from "./combine.ts";
import { addLine, findDelegation, firstTargets } from "./delegation-change.ts";
import type { DraftContext } from "./draft-context.ts";
import {
  type HeldRoot,
  type HeldSnapshot,
  type HeldTargets,
  type HeldTimestamp,
  holdRoot,
  holdSnapshot,
  holdTargets,
  holdTimestamp,
} from "./held-file.ts";
import { defaultLifetimes } from "./lifetimes.ts";
import { changeLine, type NewTarget, targetFilePath } from "./line-change.ts";
import { type PublishStep, publishSteps, type RoleFile, type TargetFileBytes } from "./publish-steps.ts";
import { publishTree } from "./publish-tree.ts";
import { firstRoot } from "./root-change.ts";
import { draftDigest, type MetadataSigner } from "./seal-file.ts";
import { signRequest } from "./signature-file.ts";
import type { WireMetadata, WireRoot, WireTargets } from "./wire-metadata.ts";

export const testNow: bigint = BigInt(Math.floor(Date.now() / 1000));

export type TestKeyKind = "ed25519" | "p256" | "ml-dsa-65";

export function testKey(kind: TestKeyKind = "ed25519"): MetadataSigner {
  const key = newKey(kind);
  const der = createPublicKey(key).export({ type: "spki", format: "der" });
  const publicKey = must(parsePublicKeyDer(new Uint8Array(der)));
  return {
    keyId: keyId(publicKey, nodeCrypto),
    publicKey,
    sign: async (bytes) =>
      new Uint8Array(sign(kind === "p256" ? "sha256" : null, bytes, { key, dsaEncoding: "ieee-p1363" })),
  };
}

function newKey(kind: TestKeyKind): KeyObject {
  if (kind === "p256") return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  return kind === "ed25519" ? generateKeyPairSync("ed25519").privateKey : generateKeyPairSync("ml-dsa-65").privateKey;
}

export function must<T>(result: Result<T, unknown>): T {
  if (result.ok) return result.value;
  throw new Error(JSON.stringify(result.error, (_, value) => (typeof value === "bigint" ? String(value) : value)));
}

export const testContext = (now: bigint = testNow): DraftContext => ({
  crypto: nodeCrypto,
  now,
  lifetimes: defaultLifetimes,
  schemes: "classical",
});

export interface TestKeys {
  readonly root: readonly MetadataSigner[];
  readonly targets: readonly MetadataSigner[];
  readonly snapshot: readonly MetadataSigner[];
  readonly timestamp: readonly MetadataSigner[];
}

export const testKeys = (kind: TestKeyKind = "ed25519"): TestKeys => ({
  root: [testKey(kind), testKey(kind), testKey(kind)],
  targets: [testKey(kind), testKey(kind)],
  snapshot: [testKey(kind)],
  timestamp: [testKey(kind)],
});

/** A repository in memory, with the newest file of each role and every step that was ever published. */
export class TestVendor {
  readonly keys: TestKeys;
  readonly context: DraftContext;
  readonly published: PublishStep[] = [];
  root: HeldRoot | undefined;
  targets: HeldTargets | undefined;
  readonly lines: Map<string, HeldTargets> = new Map();
  snapshot: HeldSnapshot | undefined;
  timestamp: HeldTimestamp | undefined;
  #waiting: RoleFile[] = [];
  #targetFiles: TargetFileBytes[] = [];

  constructor(keys: TestKeys, context: DraftContext = testContext()) {
    this.keys = keys;
    this.context = context;
  }

  /** Root 1 and targets 1, signed. */
  static async begin(keys: TestKeys = testKeys(), context: DraftContext = testContext()): Promise<TestVendor> {
    const vendor = new TestVendor(keys, context);
    const ring = (signers: readonly MetadataSigner[], threshold: number) => ({
      keys: signers.map(({ publicKey }) => publicKey),
      threshold,
    });
    const first = {
      root: ring(keys.root, 2),
      targets: ring(keys.targets, 2),
      snapshot: ring(keys.snapshot, 1),
      timestamp: ring(keys.timestamp, 1),
    };
    await vendor.sign("root", must(firstRoot({ tree: "online", keys: first }, context)), keys.root.slice(0, 2));
    await vendor.sign("targets", must(firstTargets(context)), keys.targets);
    return vendor;
  }

  inForce(): InForce {
    return { root: this.root, targets: this.targets };
  }

  /** A whole ceremony: everybody who is named signs, and all is complete. */
  async sign(role: string, draft: WireMetadata, signers: readonly MetadataSigner[]): Promise<void> {
    const request = {
      role,
      draft,
      digest: draftDigest(draft, nodeCrypto),
      previous: undefined,
      needs: [
        { authority: "any", threshold: 1, keyIds: signers.map(({ keyId: id }) => Buffer.from(id).toString("hex")) },
      ],
      people: new Map<string, string>(),
    };
    const signatures = [];
    for (const signer of signers) signatures.push(must(await signRequest(request, signer, { now: this.context.now })));
    const current = draft.version - 1;
    const done = must(
      combine(request, signatures, { ...this.inForce(), crypto: nodeCrypto, now: this.context.now, current }),
    );
    if (done.missing.length > 0) throw new Error(`missing: ${JSON.stringify(done.missing)}`);
    this.bring(role, done.bytes);
  }

  /** Takes a complete file of an offline role as the newest one. */
  bring(role: string, bytes: Uint8Array): void {
    const version =
      role === "root" ? this.#bringRoot(bytes) : this.#bringTargets(role, must(holdTargets(bytes, role, nodeCrypto)));
    this.#waiting.push({ role, version, bytes });
  }

  #bringRoot(bytes: Uint8Array): number {
    this.root = must(holdRoot(bytes, "root", nodeCrypto));
    return this.root.metadata.version;
  }

  #bringTargets(role: string, held: HeldTargets): number {
    if (role === "targets") this.targets = held;
    else this.lines.set(role, held);
    return held.metadata.version;
  }

  wireTargets(): WireTargets {
    if (this.targets === undefined) throw new Error("no targets");
    return this.targets.wire;
  }

  wireRoot(): WireRoot {
    if (this.root === undefined) throw new Error("no root");
    return this.root.wire;
  }

  async addLine(line: string, keys: readonly MetadataSigner[], threshold = 1): Promise<void> {
    const publicKeys = keys.map(({ publicKey }) => publicKey);
    const next = must(addLine(this.wireTargets(), { line, keys: publicKeys, threshold }, this.context));
    await this.sign("targets", next, this.keys.targets);
  }

  async release(role: string, add: readonly NewTarget[], signers: readonly MetadataSigner[]): Promise<void> {
    const delegation = must(findDelegation(this.wireTargets(), role));
    const next = must(changeLine(this.lines.get(role)?.wire, { delegation, add, withdraw: [] }, this.context));
    for (const { path, bytes } of add) {
      const target = next.targets[path];
      if (target !== undefined) this.#targetFiles.push({ path: targetFilePath(path, target), bytes });
    }
    await this.sign(role, next, signers);
  }

  /** The steps of one publication; they are remembered as published. */
  async publish(when: "when-due" | "always" = "when-due"): Promise<readonly PublishStep[]> {
    const { root, targets, lines, snapshot, timestamp } = this;
    if (root === undefined || targets === undefined) throw new Error("not begun");
    const online = [...this.keys.snapshot, ...this.keys.timestamp];
    const input = { root, targets, lines, snapshot, timestamp, tree: "online", when } as const;
    const files = must(await publishTree(input, online, this.context));
    for (const { role, bytes } of files) {
      if (role === "snapshot") this.snapshot = must(holdSnapshot(bytes, role));
      else this.timestamp = must(holdTimestamp(bytes, role));
    }
    const steps = publishSteps([...this.#waiting, ...files], this.#targetFiles);
    this.#waiting = [];
    this.#targetFiles = [];
    this.published.push(...steps);
    return steps;
  }
}

export const testTarget = (path: string, content: string = path): NewTarget => ({
  path,
  bytes: new TextEncoder().encode(content),
  custom: { line: path.split("/")[0] ?? "", sequence: 1 },
});
