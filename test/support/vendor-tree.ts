import { nodeCrypto } from "@sumac/crypto/node";
import type { Signer } from "@sumac/signing";
import { manifestFacts, parseEnvelope, parseManifest } from "@sumac/suit";
import {
  addLine,
  changeLine,
  type DraftContext,
  defaultLifetimes,
  findDelegation,
  firstRoot,
  firstTargets,
  type MetadataSigner,
  nextSnapshot,
  nextTimestamp,
  sealWith,
  targetFilePath,
  type WireRoot,
  type WireSnapshot,
  type WireTargets,
  type WireTimestamp,
} from "@sumac/tuf/writer";
import { orThrow } from "./example-product.ts";
import type { TestServer } from "./test-server.ts";

export interface TreeKeys {
  readonly root: MetadataSigner;
  readonly targets: MetadataSigner;
  /** Of the server: what a thief of the server has. */
  readonly snapshot: MetadataSigner;
  readonly timestamp: MetadataSigner;
}

export interface TreeAnswer {
  readonly status: number;
  readonly body: { readonly code?: string };
}

/** Role files of a vendor, signed at once, and what somebody with the server's keys could make of them. */
export class VendorTree {
  readonly keys: TreeKeys;
  readonly context: DraftContext;
  root: WireRoot;
  targets: WireTargets;
  readonly lines: Map<string, WireTargets> = new Map();
  readonly lineKeys: Map<string, MetadataSigner> = new Map();
  readonly envelopes: Map<string, Uint8Array> = new Map();
  readonly #sealed = new WeakMap<object, ReadonlyMap<MetadataSigner, Uint8Array>>();

  constructor(keys: TreeKeys, now: bigint, lines: Readonly<Record<string, Signer>>) {
    this.keys = keys;
    this.context = { crypto: nodeCrypto, now, lifetimes: defaultLifetimes, schemes: "classical" };
    const ring = (signer: MetadataSigner) => ({ keys: [signer.publicKey], threshold: 1 });
    const top = {
      root: ring(keys.root),
      targets: ring(keys.targets),
      snapshot: ring(keys.snapshot),
      timestamp: ring(keys.timestamp),
    };
    this.root = orThrow(firstRoot({ tree: "online", keys: top }, this.context));
    this.targets = orThrow(firstTargets(this.context));
    for (const [line, signer] of Object.entries(lines)) {
      const added = addLine(this.targets, { line, ...ring(signer) }, this.context);
      this.targets = { ...orThrow(added), version: 1 };
      this.lineKeys.set(`line-${line}`, signer);
    }
  }

  /** Lists an envelope, with what it says or with something else in `custom`. */
  list(path: string, envelope: Uint8Array, changed: Readonly<Record<string, string | number>> = {}): void {
    const role = `line-${path.split("/")[0]}`;
    this.lines.set(role, this.listing(role, path, envelope, changed));
  }

  listing(
    role: string,
    path: string,
    envelope: Uint8Array,
    changed: Readonly<Record<string, string | number>> = {},
  ): WireTargets {
    const delegation = orThrow(findDelegation(this.targets, role));
    const custom = { ...customOf(envelope, path.split("/")[0] ?? ""), ...changed };
    const add = [{ path, bytes: envelope, custom }];
    const everywhere = { ...delegation, paths: ["*/*/*"] };
    const next = orThrow(changeLine(this.lines.get(role), { delegation: everywhere, add, withdraw: [] }, this.context));
    const target = next.targets[path];
    if (target !== undefined) this.envelopes.set(targetFilePath(path, target), envelope);
    return next;
  }

  get signedRoot(): Promise<Uint8Array> {
    return this.#sealOnce(this.root, this.keys.root);
  }

  /** A ceremony happens once: P-256 would give other bytes under the same version. */
  async #sealOnce(wire: WireRoot | WireTargets, signer: MetadataSigner): Promise<Uint8Array> {
    const sealed = this.#sealed.get(wire)?.get(signer) ?? (await sealWith(wire, [signer]));
    this.#sealed.set(wire, new Map([[signer, sealed]]));
    return sealed;
  }

  async sealLine(role: string, signer: MetadataSigner | undefined = this.lineKeys.get(role)): Promise<Uint8Array> {
    const wire = this.lines.get(role);
    if (wire === undefined || signer === undefined) throw new Error(`no ${role}`);
    return this.#sealOnce(wire, signer);
  }

  async publish(server: TestServer): Promise<TreeAnswer> {
    for (const [name, bytes] of this.envelopes) {
      const answer = await fetch(`${server.url}/api/v1/repository/targets/${name}`, {
        method: "PUT",
        headers: { authorization: `Bearer ${server.tokens.publish}`, "content-type": "application/octet-stream" },
        body: bytes.slice(),
      });
      if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
    }
    const roles = await Promise.all(
      Array.from(this.lines.keys(), async (role) => ({ role, file: await this.sealLine(role) })),
    );
    return this.post(server, {
      roots: [await this.signedRoot],
      targets: await this.#sealOnce(this.targets, this.keys.targets),
      roles,
    });
  }

  async post(
    server: TestServer,
    group: {
      readonly roots: readonly Uint8Array[];
      readonly targets?: Uint8Array;
      readonly roles: readonly { readonly role: string; readonly file: Uint8Array }[];
    },
  ): Promise<TreeAnswer> {
    const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
    const answer = await fetch(`${server.url}/api/v1/repository/metadata`, {
      method: "POST",
      headers: { authorization: `Bearer ${server.tokens.publish}`, "content-type": "application/json" },
      body: JSON.stringify({
        roots: group.roots.map(text),
        ...(group.targets === undefined ? {} : { targets: text(group.targets) }),
        roles: group.roles.map(({ role, file }) => ({ role, file: text(file) })),
      }),
    });
    return { status: answer.status, body: (await answer.json()) as TreeAnswer["body"] };
  }

  /** With the server's keys: a snapshot and a timestamp that list these role files, as newer than the given ones. */
  async sealOnline(
    current: { readonly snapshot: WireSnapshot; readonly timestamp: WireTimestamp },
    changed: readonly { readonly role: string; readonly version: number; readonly bytes: Uint8Array }[],
  ): Promise<ReadonlyMap<string, Uint8Array>> {
    const { snapshot, timestamp } = this.keys;
    const wire = orThrow(nextSnapshot({ current: current.snapshot, changed, lifetime: "snapshot" }, this.context));
    const bytes = await sealWith(wire, [snapshot]);
    const listed = { role: "snapshot", version: wire.version, bytes };
    const next = nextTimestamp({ current: current.timestamp, snapshot: listed, tree: "online" }, this.context);
    return new Map([
      ...changed.map((file) => [`${file.version}.${file.role}.json`, file.bytes] as const),
      [`${wire.version}.snapshot.json`, bytes],
      ["timestamp.json", await sealWith(orThrow(next), [timestamp])],
    ]);
  }
}

function customOf(envelope: Uint8Array, line: string) {
  const manifest = orThrow(parseManifest(orThrow(parseEnvelope(envelope)).manifest));
  const facts = orThrow(manifestFacts(manifest));
  return {
    class_id: facts.classId,
    components: [...facts.components],
    envelope_type: facts.envelopeType,
    line,
    sequence: Number(facts.sequence),
    vendor_id: facts.vendorId,
  };
}
