/** A vendor of tests: TEST ONLY keys in memory, role files signed at once, and what a publisher sends of them. */
import type { Result } from "@sumac/cbor";
import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  addLine,
  changeLine,
  changeLineKeys,
  type DraftContext,
  defaultLifetimes,
  findDelegation,
  firstRoot,
  firstTargets,
  type MetadataSigner,
  nextRoot,
  sealWith,
  targetFilePath,
  type WireRoot,
  type WireTargets,
} from "@sumac/tuf/writer";
import type { TestServer } from "../server.test.support.ts";
import type { RepositoryOptions } from "./published-repository.ts";
import { anyTarget, type TestSigner, testSigner } from "./test-signer.test.support.ts";

function must<T>(result: Result<T, { readonly code: string }>): T {
  if (result.ok) return result.value;
  throw new Error(result.error.code);
}

export interface Group {
  readonly roots: readonly Uint8Array[];
  readonly targets?: Uint8Array;
  readonly roles: readonly { readonly role: string; readonly file: Uint8Array }[];
}

export class OfflineVendor {
  readonly online: readonly TestSigner[] = [testSigner(), testSigner()];
  readonly rootKeys: readonly MetadataSigner[] = [testSigner(), testSigner()];
  readonly targetsKeys: readonly MetadataSigner[] = [testSigner(), testSigner()];
  readonly now: bigint;
  root: WireRoot;
  targets: WireTargets;
  readonly lines: Map<string, WireTargets> = new Map();
  /** Who signs a line's role now. */
  readonly lineKeys: Map<string, MetadataSigner> = new Map();
  readonly envelopes: Map<string, Uint8Array> = new Map();

  constructor(
    now: bigint = BigInt(Math.floor(Date.now() / 1000)),
    topKeys: Partial<Pick<OfflineVendor, "online">> = {},
  ) {
    this.now = now;
    this.online = topKeys.online ?? this.online;
    const ring = (...signers: readonly MetadataSigner[]) => ({
      keys: signers.map(({ publicKey }) => publicKey),
      threshold: signers.length,
    });
    const [snapshot, timestamp] = this.online;
    if (snapshot === undefined || timestamp === undefined) throw new Error("two online keys");
    const keys = {
      root: ring(...this.rootKeys),
      targets: ring(...this.targetsKeys),
      snapshot: ring(snapshot),
      timestamp: ring(timestamp),
    };
    this.root = must(firstRoot({ tree: "online", keys }, this.context));
    this.targets = must(firstTargets(this.context));
    this.addLine("drives");
  }

  get context(): DraftContext {
    return { crypto: nodeCrypto, now: this.now, lifetimes: defaultLifetimes, schemes: "classical" };
  }

  options(more: Partial<RepositoryOptions> = {}): RepositoryOptions {
    return { signers: this.online, crypto: nodeCrypto, checkTarget: anyTarget, ...more };
  }

  addLine(line: string, key: MetadataSigner = testSigner()): void {
    const ring = { line, keys: [key.publicKey], threshold: 1 };
    this.targets = { ...must(addLine(this.targets, ring, this.context)), version: this.targets.version };
    this.lineKeys.set(`line-${line}`, key);
  }

  /** The next version lists one more envelope, which is its path unless said otherwise. */
  release(path: string, envelope: Uint8Array = new TextEncoder().encode(path), custom = {}): void {
    const role = `line-${path.split("/")[0]}`;
    const delegation = must(findDelegation(this.targets, role));
    const add = [{ path, bytes: envelope, custom }];
    const next = must(changeLine(this.lines.get(role), { delegation, add, withdraw: [] }, this.context));
    const target = next.targets[path];
    if (target === undefined) throw new Error("not listed");
    this.envelopes.set(targetFilePath(path, target), envelope);
    this.lines.set(role, next);
  }

  /** A new key for the line; its role has to be signed again. */
  rekey(role: string, key: MetadataSigner = testSigner()): void {
    const old = this.lineKeys.get(role);
    const remove = old === undefined ? [] : [bytesToHex(old.keyId)];
    this.targets = must(changeLineKeys(this.targets, [{ role, add: [key.publicKey], remove }], this.context));
    this.lineKeys.set(role, key);
    const line = this.lines.get(role);
    if (line !== undefined) this.lines.set(role, { ...line, version: line.version + 1 });
  }

  rotateOnline(role: "snapshot" | "timestamp", from: MetadataSigner, to: MetadataSigner): void {
    const change = { role, add: [to.publicKey], remove: [bytesToHex(from.keyId)] };
    this.root = must(nextRoot(this.root, [change], this.context));
  }

  async group(): Promise<Group> {
    return {
      roots: [await sealWith(this.root, this.rootKeys)],
      targets: await sealWith(this.targets, this.targetsKeys),
      roles: await Promise.all(
        Array.from(this.lines, async ([role, wire]) => ({ role, file: await sealWith(wire, this.signersOf(role)) })),
      ),
    };
  }

  signersOf(role: string): readonly MetadataSigner[] {
    const key = this.lineKeys.get(role);
    return key === undefined ? [] : [key];
  }
}

export interface GroupAnswer {
  readonly status: number;
  readonly body: { readonly [member: string]: unknown };
}

export async function putEnvelopes(server: TestServer, vendor: OfflineVendor): Promise<readonly number[]> {
  const statuses = [];
  for (const [name, bytes] of vendor.envelopes) statuses.push(await putEnvelope(server, name, bytes));
  return statuses;
}

export async function putEnvelope(server: TestServer, name: string, bytes: Uint8Array): Promise<number> {
  const answer = await fetch(`${server.url}/api/v1/repository/targets/${name}`, {
    method: "PUT",
    headers: { authorization: `Bearer ${await server.token("publish")}`, "content-type": "application/octet-stream" },
    body: bytes.slice(),
  });
  await answer.arrayBuffer();
  return answer.status;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

export async function postGroup(server: TestServer, group: Group): Promise<GroupAnswer> {
  const body = {
    roots: group.roots.map(base64),
    ...(group.targets === undefined ? {} : { targets: base64(group.targets) }),
    roles: group.roles.map(({ role, file }) => ({ role, file: base64(file) })),
  };
  const answer = await fetch(`${server.url}/api/v1/repository/metadata`, {
    method: "POST",
    headers: { authorization: `Bearer ${await server.token("publish")}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as GroupAnswer["body"] };
}

/** Envelopes and role files, as a publisher sends them. */
export async function publishAll(server: TestServer, vendor: OfflineVendor): Promise<GroupAnswer> {
  await putEnvelopes(server, vendor);
  return postGroup(server, await vendor.group());
}
