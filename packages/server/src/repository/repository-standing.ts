import type { PublishedRole } from "./published-repository.ts";

/** `code` is `ok`, the code of what hinders a renewal, or one of those below; `role` is whom it is about. */
export interface RepositoryStanding {
  readonly verdict: "ok" | "warning" | "failed";
  readonly code: "ok" | "nothing-published" | "role-expired" | "role-expires-soon" | string;
  readonly role?: string;
}

/** People have to meet to sign an offline role again: that takes days. */
const warningSeconds = 30n * 86_400n;

/** What an operator has to know before devices find out. */
export function judgeStanding(
  roles: ReadonlyMap<string, PublishedRole>,
  renewal: string,
  now: bigint,
): RepositoryStanding {
  if (roles.size === 0) return { verdict: "ok", code: "nothing-published" };
  const byExpiry = [...roles].sort(([, a], [, b]) => (a.expires < b.expires ? -1 : 1));
  const expired = byExpiry.find(([, { expires }]) => now >= expires);
  if (expired !== undefined) return { verdict: "failed", code: "role-expired", role: expired[0] };
  if (renewal !== "ok") return { verdict: "failed", code: renewal };
  const soon = byExpiry.find(([role, { expires }]) => !isOnline(role) && expires - now <= warningSeconds);
  return soon === undefined
    ? { verdict: "ok", code: "ok" }
    : { verdict: "warning", code: "role-expires-soon", role: soon[0] };
}

/** Renewed by the server itself. */
const isOnline = (role: string): boolean => role === "snapshot" || role === "timestamp";
