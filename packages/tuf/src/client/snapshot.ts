import { checkFile } from "../file-check.ts";
import type { FileFacts, RootMetadata, SnapshotMetadata } from "../metadata.ts";
import { parseSnapshot } from "../parse-metadata.ts";
import type { TufRefusal } from "../refusal.ts";
import { metadataPath } from "../role-name.ts";
import { parseSignedFile } from "../signed-file.ts";
import { fetchListed } from "./fetch-listed.ts";
import { judgeFreshness } from "./judge-freshness.ts";
import type { TimedContext } from "./refresh-context.ts";
import { keyContext } from "./root-chain.ts";
import { load, type Steps, store } from "./step.ts";
import { need, needSignatures, readStored, refuseTuf, type Verified } from "./verified-file.ts";

export type TrustedSnapshot = Verified<SnapshotMetadata>;

const name = metadataPath("snapshot");

/** TUF 1.0.34 5.5. A stored snapshot that is the listed one is not fetched again. */
export function* updateSnapshot(
  listed: FileFacts,
  root: RootMetadata,
  context: TimedContext,
): Steps<{ readonly snapshot: TrustedSnapshot; readonly fresh: boolean }> {
  const { policy, crypto } = context;
  const authority = { name: "root", keys: root.roles.snapshot };
  const stored = yield* readStored(yield* load(name), name, "snapshot", authority, keyContext(context), parseSnapshot);
  let snapshot = stored;
  if (
    snapshot === undefined ||
    snapshot.metadata.version !== listed.version ||
    checkFile(name, snapshot.file.received, listed, policy.digests, crypto) !== undefined
  ) {
    const path = metadataPath("snapshot", root.consistentSnapshot ? listed.version : undefined);
    const bytes = yield* fetchListed(path, listed, policy.caps.snapshot, context);
    const file = need(parseSignedFile(bytes, path));
    yield* needSignatures(file, "snapshot", authority, crypto);
    const metadata = need(parseSnapshot(file));
    if (metadata.version !== listed.version) {
      const offered = metadata.version;
      refuseTuf({ code: "version-mismatch", role: "snapshot", listed: listed.version, offered });
    }
    snapshot = { file, metadata };
  }
  const refusal = rollbackOf(snapshot.metadata, stored?.metadata, context);
  if (refusal !== undefined) refuseTuf(refusal);
  const fresh = yield* judgeFreshness("snapshot", snapshot.metadata.expires, context);
  if (snapshot !== stored) yield* store(name, snapshot.file.received);
  return { snapshot, fresh };
}

/** No role lower than it was, and none gone (5.5.5); none below what the maker of the device knew. */
function rollbackOf(
  snapshot: SnapshotMetadata,
  stored: SnapshotMetadata | undefined,
  { factoryMinimum }: TimedContext,
): TufRefusal | undefined {
  for (const [role, { version: have }] of stored?.roles ?? []) {
    const offered = snapshot.roles.get(role)?.version;
    if (offered === undefined) return { code: "role-removed", role };
    if (offered < have) return { code: "rollback", role, have, offered, since: "stored" };
  }
  const minimum = factoryMinimum?.snapshot;
  if (minimum !== undefined && snapshot.version < minimum) {
    return { code: "rollback", role: "snapshot", have: minimum, offered: snapshot.version, since: "factory" };
  }
  for (const [role, have] of factoryMinimum?.roles ?? []) {
    const offered = snapshot.roles.get(role)?.version;
    if (offered === undefined) return { code: "role-removed", role };
    if (offered < have) return { code: "rollback", role, have, offered, since: "factory" };
  }
  return undefined;
}
