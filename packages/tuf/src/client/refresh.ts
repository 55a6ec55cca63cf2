import type { Result } from "@sumac/cbor";
import type { TufRefusal } from "../refusal.ts";
import { formatUtcTime, parseUtcTime } from "../utc-time.ts";
import { verificationTime } from "../verification-time.ts";
import { judgeFreshness } from "./judge-freshness.ts";
import type { RefreshContext, TimedContext } from "./refresh-context.ts";
import type { TrustedRepository } from "./repository.ts";
import { needRole } from "./role.ts";
import { followRootChain, loadTrustedRoot } from "./root-chain.ts";
import { updateSnapshot } from "./snapshot.ts";
import { attemptSteps, load, note, type Steps, store } from "./step.ts";
import { loadTimestamp, type TrustedTimestamp, updateTimestamp } from "./timestamp.ts";
import { need, refuseTuf } from "./verified-file.ts";

/** Where the latest trusted time is stored; no role's file is called so. */
const storedTime = "time";

/**
 * TUF 1.0.34 5.1 to 5.6: root chain, timestamp, snapshot, targets. Each file is stored as soon as it is accepted, so that
 * a later refusal does not undo what was learned. A refusal stores nothing of the file it refuses.
 */
export function* refresh(context: RefreshContext): Steps<Result<TrustedRepository, TufRefusal>> {
  return yield* attemptSteps(() => refreshSteps(context));
}

function* refreshSteps(untimed: RefreshContext): Steps<TrustedRepository> {
  const trusted = yield* loadTrustedRoot(untimed);
  const before = yield* storedTimeOf();
  const timestampBefore = yield* loadTimestamp(trusted.metadata, untimed);
  if (timestampBefore === undefined && untimed.factoryMinimum === undefined) yield* note({ code: "first-contact" });
  const context = fixTime(untimed, timestampBefore, before);
  const root = (yield* followRootChain(trusted, context)).metadata;
  refuseOldRoot(root.version, context);
  const unknown: string[] = [];

  if (!(yield* judgeFreshness("root", root.expires, context))) unknown.push("root");
  // A new root may have withdrawn the keys, and with them the stored file.
  const stored = root === trusted.metadata ? timestampBefore : yield* loadTimestamp(root, context);
  const { timestamp, fresh: timestampFresh } = yield* updateTimestamp(stored, root, context);
  if (!timestampFresh) unknown.push("timestamp");
  const { snapshot, fresh: snapshotFresh } = yield* updateSnapshot(timestamp.metadata.snapshot, root, context);
  if (!snapshotFresh) unknown.push("snapshot");
  const view = { root, snapshot: snapshot.metadata, context, roles: new Map(), delegators: new Map() };
  const { targets } = yield* needRole("targets", { name: "root", keys: root.roles.targets }, view);
  if (context.time.meaning !== "now") unknown.push("targets");

  if (context.time.source === "trusted" && context.time.seconds > (before ?? -1n)) {
    yield* store(storedTime, new TextEncoder().encode(formatUtcTime(context.time.seconds)));
  }
  if (unknown.length > 0 && context.policy.unknownFreshness === "wait") {
    refuseTuf({ code: "freshness-unknown", roles: unknown });
  }
  return { ...view, timestamp: timestamp.metadata, targets: targets.metadata, unknownFreshness: unknown };
}

/** A file that was damaged is as if it were not there: the other floors still hold. */
function* storedTimeOf(): Steps<bigint | undefined> {
  const bytes = yield* load(storedTime);
  return bytes === undefined ? undefined : parseUtcTime(new TextDecoder().decode(bytes));
}

function fixTime(
  context: RefreshContext,
  timestamp: TrustedTimestamp | undefined,
  stored: bigint | undefined,
): TimedContext {
  const { buildTime, clock, policy } = context;
  const floors = [stored, attestedTime(timestamp)];
  return { ...context, time: need(verificationTime(buildTime, floors, clock, policy.unconfirmedClock)) };
}

/** `issued` of the stored timestamp: it was signed then, so it is later now. It cannot lie beyond its own expiry. */
function attestedTime(timestamp: TrustedTimestamp | undefined): bigint | undefined {
  if (timestamp === undefined) return undefined;
  const { issued, expires } = timestamp.metadata;
  return issued !== undefined && issued < expires ? issued : undefined;
}

function refuseOldRoot(offered: number, { factoryMinimum }: TimedContext): void {
  const have = factoryMinimum?.root;
  if (have !== undefined && offered < have) {
    refuseTuf({ code: "rollback", role: "root", have, offered, since: "factory" });
  }
}
