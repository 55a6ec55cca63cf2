import { nodeCrypto } from "@sumac/crypto/node";
import { isTopLevelRole, parseUtcTime } from "@sumac/tuf";
import {
  authoritiesFor,
  delegationsOf,
  type HeldRoot,
  type HeldSnapshot,
  type HeldTargets,
  type HeldTimestamp,
  type Lifetimes,
  lifetimeClass,
  type MissingSignatures,
  missingSignatures,
  type Standing,
  splitDueAt,
  standingOf,
} from "@sumac/tuf/writer";
import type { CalendarEntry } from "./calendar.ts";
import { openCeremonies, progressOf } from "./ceremony.ts";
import type { Repository } from "./repository.ts";

/** How one role stands. `version` 0: it is not written yet. */
export interface RoleStatus {
  readonly role: string;
  readonly version: number;
  /** The version that devices see; undefined of root and timestamp, which they see at once. */
  readonly published: number | undefined;
  readonly expires: string | undefined;
  readonly standing: Standing | "not-written" | "not-signed";
  readonly threshold: number;
  readonly keyIds: readonly string[];
  /** Of a line. */
  readonly releases: readonly string[];
  readonly splitDue: boolean;
}

export interface CeremonyStatus {
  readonly ceremony: string;
  readonly role: string;
  readonly version: number;
  readonly digest: string;
  readonly request: string;
  readonly signed: readonly string[];
  readonly missing: readonly MissingSignatures[];
}

export interface RepositoryStatus {
  readonly roles: readonly RoleStatus[];
  readonly ceremonies: readonly CeremonyStatus[];
}

type Held = HeldRoot | HeldTargets | HeldSnapshot | HeldTimestamp;

export async function repositoryStatus(repository: Repository): Promise<RepositoryStatus> {
  const ceremonies: CeremonyStatus[] = [];
  for (const ceremony of await openCeremonies(repository)) {
    const { name, requestFile, request, signatures } = ceremony;
    // Without a root nobody can judge signatures; then the request says who is asked.
    const canJudge = request.role === "root" || repository.version("root") > 0;
    const missing = canJudge
      ? progressOf(repository, ceremony).missing
      : request.needs.map(({ authority, threshold, keyIds }) => ({
          authority,
          have: 0,
          need: threshold,
          open: keyIds,
        }));
    ceremonies.push({
      ceremony: name,
      role: request.role,
      version: request.draft.version,
      digest: request.digest,
      request: requestFile,
      signed: signatures.map(({ keyId }) => keyId),
      missing,
    });
  }
  return { roles: roleStatuses(repository), ceremonies };
}

function roleStatuses(repository: Repository): readonly RoleStatus[] {
  const root = repository.root();
  const targets = repository.targets();
  const timestamp = repository.timestamp();
  const snapshot = repository.publishedSnapshot();
  const lines = targets === undefined ? [] : delegationsOf(targets.wire).roles.map(({ name }) => name);
  const held = (role: string): Held | undefined => {
    if (role === "root") return root;
    if (role === "snapshot") return snapshot;
    return role === "timestamp" ? timestamp : repository.targets(role);
  };
  const inForce = { root, targets };
  return ["root", "targets", ...lines, "snapshot", "timestamp"].map((role) => {
    const file = held(role);
    const list = isTopLevelRole(role)
      ? root?.wire.roles[role]
      : targets?.wire.delegations?.roles.find(({ name }) => name === role);
    const releases = file?.wire._type === "targets" ? Object.keys(file.wire.targets) : [];
    return {
      role,
      version: file?.metadata.version ?? 0,
      published: role === "root" || role === "timestamp" ? undefined : publishedVersion(role, snapshot),
      expires: file?.wire.expires,
      standing: standing(role, file, inForce, repository),
      threshold: list?.threshold ?? 0,
      keyIds: list?.keyids ?? [],
      releases,
      splitDue: releases.length >= splitDueAt,
    };
  });
}

const publishedVersion = (role: string, snapshot: HeldSnapshot | undefined): number =>
  (role === "snapshot" ? snapshot?.metadata.version : snapshot?.metadata.roles.get(role)?.version) ?? 0;

function standing(
  role: string,
  file: Held | undefined,
  inForce: Parameters<typeof authoritiesFor>[1],
  repository: Repository,
): RoleStatus["standing"] {
  if (file === undefined) return "not-written";
  const authorities = authoritiesFor(role, inForce, undefined);
  if (!authorities.ok || missingSignatures(file.file, authorities.value, nodeCrypto).length > 0) return "not-signed";
  const { now, lifetimes } = repository.context();
  const isOffline = inForce.root?.wire.tree === "offline" && (role === "snapshot" || role === "timestamp");
  return standingOf(file.wire.expires, lifetimes[isOffline ? "offline" : lifetimeClass(role)], now);
}

/** When each offline role is due, and when it ends. The online roles are renewed by machines. */
export function statusCalendar(
  repository: string,
  { roles }: RepositoryStatus,
  lifetimes: Lifetimes,
): readonly CalendarEntry[] {
  return roles.flatMap(({ role, version, expires }) => {
    const end = expires === undefined ? undefined : parseUtcTime(expires);
    if (end === undefined || role === "timestamp" || role === "snapshot") return [];
    const due = end - BigInt(Math.floor(lifetimes[lifetimeClass(role)] / 2));
    const renew = `sumac repo prepare ${repository} ${role}`;
    return [
      {
        uid: `${repository}-${role}-renewal@sumac`,
        at: due,
        summary: `Renew ${role} of ${repository}`,
        description: `Version ${version} is half through its life and ends ${expires}. ${renew}`,
      },
      {
        uid: `${repository}-${role}-expiry@sumac`,
        at: end,
        summary: `${role} of ${repository} expires`,
        description: `From now on devices refuse it. ${renew}`,
      },
    ];
  });
}
