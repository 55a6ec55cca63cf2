import { createHash, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { keyId, parsePublicKeyDer } from "@sumac/cose";
import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  type DraftContext,
  defaultLifetimes,
  delegationsOf,
  firstRoot,
  firstTargets,
  type HeldTargets,
  holdRoot,
  holdTargets,
  type MetadataSigner,
  publishSteps,
  publishTree,
  type RoleFile,
  sealWith,
  type WireDelegation,
  type WireTarget,
  type WireTargets,
  withDelegations,
} from "@sumac/tuf/writer";
import { writeTree } from "@sumac/tuf/writer/node";

/** A repository of so many roles with so many releases each; keys are made for the run. */
export interface SampleRepository {
  readonly tree: string;
  readonly context: DraftContext;
  readonly lineKey: MetadataSigner;
  readonly onlineKey: MetadataSigner;
  readonly root: Uint8Array;
  /** Names of its roles, and a release of each. */
  readonly roles: readonly { readonly name: string; readonly target: string }[];
}

/** `small`: entries of about 180 bytes, as other repositories have; `full`: all that Sumac repeats of an envelope, about 400. */
export type CustomSize = "small" | "full";

export async function writeSampleRepository(
  tree: string,
  roles: number,
  entries: number,
  size: CustomSize,
): Promise<SampleRepository> {
  const now = BigInt(Math.floor(Date.now() / 1000));
  const context: DraftContext = { crypto: nodeCrypto, now, lifetimes: defaultLifetimes, schemes: "classical" };
  const [rootKey, targetsKey, lineKey, onlineKey] = [newKey(), newKey(), newKey(), newKey()];
  const ring = (key: MetadataSigner) => ({ keys: [key.publicKey], threshold: 1 });
  const keys = {
    root: ring(rootKey),
    targets: ring(targetsKey),
    snapshot: ring(onlineKey),
    timestamp: ring(onlineKey),
  };
  const root = await sealWith(must(firstRoot({ tree: "online", keys }, context)), [rootKey]);
  const names = Array.from({ length: roles }, (_, i) => ({ line: `line${i % 50}`, model: `m${i}` }));
  const delegations = names.map(
    ({ line, model }): WireDelegation => ({
      keyids: [bytesToHex(lineKey.keyId)],
      name: `line-${line}-${model}`,
      paths: [`${line}/${model}/*`],
      terminating: true,
      threshold: 1,
    }),
  );
  const listed = { [bytesToHex(lineKey.keyId)]: tufKey(lineKey) };
  const empty = { ...must(firstTargets(context)), version: 0 };
  const targets = await sealWith(must(withDelegations(empty, { keys: listed, roles: delegations }, context)), [
    targetsKey,
  ]);
  const lines = new Map<string, HeldTargets>();
  const files: RoleFile[] = [
    { role: "root", version: 1, bytes: root },
    { role: "targets", version: 1, bytes: targets },
  ];
  for (const [i, { line, model }] of names.entries()) {
    const role = delegations[i]?.name ?? "";
    const bytes = await sealWith(lineRole({ line, model, entries, size }, empty.expires), [lineKey]);
    lines.set(role, must(holdTargets(bytes, role, nodeCrypto)));
    files.push({ role, version: 1, bytes });
  }
  const held = must(holdTargets(targets, "targets", nodeCrypto));
  const input = { root: must(holdRoot(root, "root", nodeCrypto)), targets: held, lines };
  const online = await publishTree(
    { ...input, snapshot: undefined, timestamp: undefined, tree: "online", when: "always" },
    [onlineKey],
    context,
  );
  writeTree(tree, publishSteps([...files, ...must(online)], []));
  const found = delegationsOf(held.wire).roles.map(({ name, paths }) => ({
    name,
    target: (paths[0] ?? "").replace("*", `1.${entries - 1}.0.suit`),
  }));
  return { tree, context, lineKey, onlineKey, root, roles: found };
}

function lineRole(
  { line, model, entries, size }: { line: string; model: string; entries: number; size: CustomSize },
  expires: string,
): WireTargets {
  const targets: Record<string, WireTarget> = {};
  for (let i = 0; i < entries; i++) {
    const path = `${line}/${model}/1.${i}.0.suit`;
    const custom = size === "small" ? { line, sequence: i + 1 } : fullCustom(line, i + 1);
    targets[path] = { custom, hashes: { sha256: createHash("sha256").update(path).digest("hex") }, length: 700 };
  }
  return { _type: "targets", expires, spec_version: "1.0.31", targets, version: 1 };
}

const fullCustom = (line: string, sequence: number) => ({
  class_id: "0c9a6c38-9f0f-5b56-ba9f-07bd1e9e3c33",
  components: ["6669726d77617265"],
  envelope_type: "application/suit-envelope+cose; manifest-version=1",
  line,
  sequence,
  vendor_id: "f4b5b3ad-6f2e-54a8-8c77-1d7c1f3a8f35",
});

function newKey(): MetadataSigner {
  const { privateKey } = generateKeyPairSync("ed25519");
  const der = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  const publicKey = must(parsePublicKeyDer(new Uint8Array(der)));
  return {
    keyId: keyId(publicKey, nodeCrypto),
    publicKey,
    sign: async (bytes) => new Uint8Array(sign(null, bytes, privateKey)),
  };
}

const tufKey = ({ publicKey }: MetadataSigner) => ({
  keytype: "ed25519",
  keyval: { public: bytesToHex(publicKey.bytes) },
  scheme: "ed25519",
});

export function must<T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown },
): T {
  if (result.ok) return result.value;
  throw new Error(JSON.stringify(result.error, (_, value) => (typeof value === "bigint" ? String(value) : value)));
}
