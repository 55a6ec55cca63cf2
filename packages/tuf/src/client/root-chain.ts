import type { Result } from "@sumac/cbor";
import type { RootMetadata, Tree } from "../metadata.ts";
import { type KeyContext, parseRoot } from "../parse-metadata.ts";
import type { TufPolicy } from "../policy.ts";
import type { TufRefusal } from "../refusal.ts";
import { metadataPath } from "../role-name.ts";
import { parseSignedFile } from "../signed-file.ts";
import { countSignatures, thresholdRefusal } from "../verify-signatures.ts";
import type { RefreshContext } from "./refresh-context.ts";
import { fetchFile, load, note, type Steps, store } from "./step.ts";
import { need, needSignatures, refuseTuf, type Verified } from "./verified-file.ts";

export type TrustedRoot = Verified<RootMetadata>;

const storedRoot = "root.json";

/** TUF 1.0.34 5.2: the root to start from. On failure nothing is asked of the network. */
export function* loadTrustedRoot(context: RefreshContext): Steps<TrustedRoot> {
  const bytes = yield* load(storedRoot);
  const stored = bytes === undefined ? undefined : readRoot(bytes, context);
  const factory = context.factoryRoot === undefined ? undefined : readRoot(context.factoryRoot, context);
  if (stored?.ok === false && factory?.ok === true) {
    yield* note({ code: "stored-file-unusable", file: storedRoot, because: stored.error });
  }
  const usable = [stored, factory].flatMap((root) => (root?.ok === true ? [root.value] : []));
  // New software may bring a newer root than the one that was stored before it.
  const [first, second] = usable;
  if (first !== undefined) {
    return second !== undefined && second.metadata.version > first.metadata.version ? second : first;
  }
  const failed = factory ?? stored;
  return failed === undefined || failed.ok
    ? refuseTuf({ code: "not-stored", file: storedRoot })
    : refuseTuf(failed.error);
}

/** A root that we hold already: signed by itself, of the right tree, expiry not asked. */
function readRoot(bytes: Uint8Array, context: RefreshContext): Result<TrustedRoot, TufRefusal> {
  const file = parseSignedFile(bytes, storedRoot);
  if (!file.ok) return file;
  const root = parseRoot(file.value, keyContext(context));
  if (!root.ok) return root;
  const keys = root.value.roles.root;
  const count = countSignatures(file.value, keys, context.crypto);
  const refusal =
    thresholdRefusal(count, keys, "root", rootName(root.value)) ??
    treeRefusal(storedRoot, root.value.tree, context.policy);
  return refusal === undefined
    ? { ok: true, value: { file: file.value, metadata: root.value } }
    : { ok: false, error: refusal };
}

/**
 * TUF 1.0.34 5.3: every root after the trusted one, each signed by the threshold of its predecessor and by its own, each
 * exactly one version later, each stored as soon as it is accepted.
 */
export function* followRootChain(trusted: TrustedRoot, context: RefreshContext): Steps<TrustedRoot> {
  let root = trusted;
  for (let step = 0; step < context.policy.maxRootSteps; step++) {
    const path = metadataPath("root", root.metadata.version + 1);
    const answer = yield* fetchFile(path, context.policy.caps.root);
    if (answer === "absent") return root;
    if (answer === "unreachable") {
      yield* note({ code: "server-not-reached", file: path });
      return root;
    }
    if (answer === "too-large") return refuseTuf({ code: "too-large", file: path, limit: context.policy.caps.root });
    if (answer === "stalled") return refuseTuf({ code: "stalled", file: path });
    const next = yield* acceptNext(root, answer, path, context);
    yield* store(storedRoot, next.file.received);
    if (keysWithdrawn(root.metadata, next.metadata)) {
      // Fast-forward recovery (5.3.11): versions that a stolen online key made up must not outlive the key.
      yield { do: "forget", name: "timestamp.json" };
      yield { do: "forget", name: "snapshot.json" };
      yield* note({ code: "online-keys-changed", root: next.metadata.version });
    }
    root = next;
  }
  yield* note({ code: "root-chain-interrupted", version: root.metadata.version });
  return root;
}

function* acceptNext(root: TrustedRoot, bytes: Uint8Array, path: string, context: RefreshContext): Steps<TrustedRoot> {
  const file = need(parseSignedFile(bytes, path));
  const predecessor = { name: rootName(root.metadata), keys: root.metadata.roles.root };
  yield* needSignatures(file, "root", predecessor, context.crypto);
  const metadata = need(parseRoot(file, keyContext(context)));
  const expected = root.metadata.version + 1;
  if (metadata.version !== expected) {
    refuseTuf({ code: "root-version-gap", expected, offered: metadata.version });
  }
  yield* needSignatures(file, "root", { name: rootName(metadata), keys: metadata.roles.root }, context.crypto);
  const refusal = treeRefusal(path, metadata.tree, context.policy);
  return refusal === undefined ? { file, metadata } : refuseTuf(refusal);
}

/** Whether a key of snapshot or timestamp may no longer sign; keys that were added take nothing away. */
function keysWithdrawn(before: RootMetadata, after: RootMetadata): boolean {
  return (["timestamp", "snapshot"] as const).some((role) =>
    [...before.roles[role].keys.keys()].some((id) => !after.roles[role].keys.has(id)),
  );
}

/** A file that names no tree belongs to the online one. */
export function treeRefusal(
  file: string,
  tree: Tree | undefined,
  { tree: expected }: TufPolicy,
): TufRefusal | undefined {
  const offered = tree ?? "online";
  return expected === "any" || offered === expected ? undefined : { code: "wrong-tree", file, expected, offered };
}

const rootName = ({ version }: RootMetadata): string => `root ${version}`;

export const keyContext = ({ policy, crypto }: RefreshContext): KeyContext => ({ schemes: policy.schemes, crypto });
