import { checkFile } from "../file-check.ts";
import type { FileFacts, TargetsMetadata } from "../metadata.ts";
import { parseTargets } from "../parse-metadata.ts";
import { metadataPath } from "../role-name.ts";
import { parseSignedFile } from "../signed-file.ts";
import { fetchListed } from "./fetch-listed.ts";
import { judgeFreshness } from "./judge-freshness.ts";
import type { AcceptedRole, TrustedRepository } from "./repository.ts";
import { keyContext } from "./root-chain.ts";
import { load, type Steps, store } from "./step.ts";
import { type Authority, need, needSignatures, readStored, refuseTuf, type Verified } from "./verified-file.ts";

/** File names are at most 255 bytes; a role with a longer name is fetched at every refresh. */
const longestStoredName = 200;

type RoleView = Pick<TrustedRepository, "root" | "snapshot" | "context" | "roles" | "delegators">;

/**
 * `targets`, or a role delegated to: listed in the snapshot, and signed by the keys of the delegator that leads to it now.
 * What another delegator, or an earlier file of this one, once vouched for counts for nothing (tuf.md 11, row 44).
 */
export function* needRole(role: string, authority: Authority, view: RoleView): Steps<AcceptedRole> {
  const known = view.roles.get(role);
  if (known !== undefined) {
    if (known.delegator !== authority.name) {
      yield* needSignatures(known.targets.file, role, authority, view.context.crypto);
    }
    return known;
  }
  const inTree = yield* roleOfTree(role, authority, view);
  const newer = yield* newerOfOtherTree(role, authority, inTree, view);
  const accepted: AcceptedRole =
    newer === undefined
      ? { delegator: authority.name, targets: inTree }
      : { delegator: authority.name, targets: newer, inTree };
  noteDelegations(role, accepted.targets.metadata, view);
  view.roles.set(role, accepted);
  return accepted;
}

function* roleOfTree(role: string, authority: Authority, view: RoleView): Steps<Verified<TargetsMetadata>> {
  const { context, snapshot, root } = view;
  const listed = snapshot.roles.get(role) ?? refuseTuf({ code: "role-missing", role });
  const name = metadataPath(role);
  const canStore = name.length <= longestStoredName;
  const bytes = canStore ? yield* load(name) : undefined;
  const stored = yield* storedRole(bytes, name, role, authority, listed, view);
  if (stored !== undefined) {
    yield* judgeFreshness(role, stored.metadata.expires, context);
    return stored;
  }
  const path = metadataPath(role, root.consistentSnapshot ? listed.version : undefined);
  const file = need(parseSignedFile(yield* fetchListed(path, listed, context.policy.caps.targets, context), path));
  yield* needSignatures(file, role, authority, context.crypto);
  const metadata = need(parseTargets(file, keyContext(context)));
  if (metadata.version !== listed.version) {
    refuseTuf({ code: "version-mismatch", role, listed: listed.version, offered: metadata.version });
  }
  yield* judgeFreshness(role, metadata.expires, context);
  if (canStore) yield* store(name, file.received);
  return { file, metadata };
}

/** The digest tells first: a file that is not the listed one need not be read, and is no cause for a note. */
function* storedRole(
  bytes: Uint8Array | undefined,
  name: string,
  role: string,
  authority: Authority,
  listed: FileFacts,
  { context }: RoleView,
): Steps<Verified<TargetsMetadata> | undefined> {
  const { policy, crypto } = context;
  if (bytes === undefined || checkFile(name, bytes, listed, policy.digests, crypto) !== undefined) return undefined;
  const stored = yield* readStored(bytes, name, role, authority, keyContext(context), parseTargets);
  return stored?.metadata.version === listed.version ? stored : undefined;
}

/**
 * Role files are one series in both trees (tuf.md 8). Online, a file older than one that came with a bundle is a rollback.
 * In a bundle it is not: bundles grow old. Then the newer file decides what is still listed and who may sign.
 */
function* newerOfOtherTree(
  role: string,
  authority: Authority,
  inTree: Verified<TargetsMetadata>,
  { context }: RoleView,
): Steps<Verified<TargetsMetadata> | undefined> {
  const bytes = context.otherTree?.get(role);
  const other = yield* readStored(bytes, metadataPath(role), role, authority, keyContext(context), parseTargets);
  const offered = inTree.metadata.version;
  if (other === undefined || other.metadata.version <= offered) return undefined;
  const have = other.metadata.version;
  if (context.policy.tree !== "offline") refuseTuf({ code: "rollback", role, have, offered, since: "stored" });
  yield* judgeFreshness(role, other.metadata.expires, context);
  return other;
}

function noteDelegations(delegator: string, { delegations }: TargetsMetadata, view: RoleView): void {
  for (const { name } of delegations) {
    const other = view.delegators.get(name);
    if (other !== undefined && other !== delegator && view.context.policy.ambiguousRoles === "refuse") {
      refuseTuf({ code: "role-ambiguous", role: name, delegators: [other, delegator] });
    }
    view.delegators.set(name, delegator);
  }
}
