import { equalBytes } from "@sumac/crypto";
import type { RootMetadata, TimestampMetadata } from "../metadata.ts";
import { parseTimestamp } from "../parse-metadata.ts";
import { metadataPath } from "../role-name.ts";
import { parseSignedFile, type SignedFile } from "../signed-file.ts";
import { countSignatures, thresholdRefusal } from "../verify-signatures.ts";
import { judgeFreshness } from "./judge-freshness.ts";
import type { RefreshContext, TimedContext } from "./refresh-context.ts";
import { keyContext, treeRefusal } from "./root-chain.ts";
import { fetchFile, load, note, type Steps, store } from "./step.ts";
import { need, needSignatures, readStored, refuseTuf, type Verified } from "./verified-file.ts";

export type TrustedTimestamp = Verified<TimestampMetadata>;

const name = metadataPath("timestamp");

export function* loadTimestamp(root: RootMetadata, context: RefreshContext): Steps<TrustedTimestamp | undefined> {
  const authority = { name: "root", keys: root.roles.timestamp };
  return yield* readStored(yield* load(name), name, "timestamp", authority, keyContext(context), parseTimestamp);
}

/** TUF 1.0.34 5.4. `stored` was read under the same root; `fresh` tells whether the expiry could be judged. */
export function* updateTimestamp(
  stored: TrustedTimestamp | undefined,
  root: RootMetadata,
  context: TimedContext,
): Steps<{ readonly timestamp: TrustedTimestamp; readonly fresh: boolean }> {
  const cap = context.policy.caps.timestamp;
  const answer = yield* fetchFile(name, cap);
  if (answer === "absent") return refuseTuf({ code: "file-missing", file: name });
  if (answer === "too-large") return refuseTuf({ code: "too-large", file: name, limit: cap });
  if (answer === "stalled") return refuseTuf({ code: "stalled", file: name });
  let timestamp: TrustedTimestamp;
  if (answer === "unreachable") {
    yield* note({ code: "server-not-reached", file: name });
    timestamp = stored ?? refuseTuf({ code: "not-stored", file: name });
  } else if (stored !== undefined && equalBytes(answer, stored.file.received)) {
    timestamp = stored;
  } else {
    timestamp = yield* acceptTimestamp(need(parseSignedFile(answer, name)), stored, root, context);
  }
  const { version, expires } = timestamp.metadata;
  const minimum = context.factoryMinimum?.timestamp;
  if (minimum !== undefined && version < minimum) {
    refuseTuf({ code: "rollback", role: "timestamp", have: minimum, offered: version, since: "factory" });
  }
  const fresh = yield* judgeFreshness("timestamp", expires, context);
  if (timestamp !== stored) yield* store(name, timestamp.file.received);
  return { timestamp, fresh };
}

function* acceptTimestamp(
  file: SignedFile,
  stored: TrustedTimestamp | undefined,
  root: RootMetadata,
  context: TimedContext,
): Steps<TrustedTimestamp> {
  const keys = root.roles.timestamp;
  refuseOtherTree(file, root, context);
  yield* needSignatures(file, "timestamp", { name: "root", keys }, context.crypto);
  const metadata = need(parseTimestamp(file));
  const refusal = treeRefusal(name, metadata.tree, context.policy);
  if (refusal !== undefined) refuseTuf(refusal);
  if (stored === undefined) return { file, metadata };
  const before = stored.metadata;
  if (metadata.version < before.version) {
    refuseTuf({
      code: "rollback",
      role: "timestamp",
      have: before.version,
      offered: metadata.version,
      since: "stored",
    });
  }
  if (metadata.version === before.version) {
    // TUF 1.0.34 5.4.3.1: the version that was seen first stays, and that is no error.
    yield* note({ code: "same-version-other-content", role: "timestamp", version: metadata.version });
    return stored;
  }
  const [have, offered] = [before.snapshot.version, metadata.snapshot.version];
  if (offered < have) refuseTuf({ code: "rollback", role: "snapshot", have, offered, since: "stored" });
  return { file, metadata };
}

/**
 * The two trees have different keys here, so a file of the other one fails its signature. If it says itself that it is
 * one, that is the better answer: nobody has to look for a stolen key.
 */
function refuseOtherTree(file: SignedFile, root: RootMetadata, { crypto, policy }: TimedContext): void {
  const tree = file.signed.members.get("tree");
  if (tree?.kind !== "string" || (tree.value !== "online" && tree.value !== "offline")) return;
  const refusal = treeRefusal(name, tree.value, policy);
  if (refusal === undefined) return;
  const keys = root.roles.timestamp;
  const unsigned = thresholdRefusal(countSignatures(file, keys, crypto), keys, "timestamp", "root");
  if (unsigned !== undefined) refuseTuf(refusal);
}
