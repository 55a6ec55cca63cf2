/** A versioned file of the metadata folder. */
export interface PublishedVersion {
  readonly role: string;
  readonly version: number;
  /** Seconds since 1970 when it was brought into the tree. */
  readonly publishedAt: bigint;
}

export interface PruneOptions {
  readonly now: bigint;
  readonly keepSeconds: number;
  /** By role, what the published timestamp leads to; of `snapshot` too. */
  readonly listed: ReadonlyMap<string, number>;
}

/** Thirty days: how long a slow client may hold a timestamp that leads to a file. */
export const defaultKeepSeconds = 2_592_000;

/**
 * The versions that no client can still ask for: superseded for longer than `keepSeconds`, by a version that is itself
 * published. Never a root: every one is kept for ever, because a device that was off for years replays the chain.
 */
export function prunable(
  files: readonly PublishedVersion[],
  { now, keepSeconds, listed }: PruneOptions,
): readonly PublishedVersion[] {
  const byRole = new Map<string, PublishedVersion[]>();
  for (const file of files) {
    const isListed = file.version <= (listed.get(file.role) ?? 0);
    if (file.role !== "root" && isListed) byRole.set(file.role, [...(byRole.get(file.role) ?? []), file]);
  }
  return [...byRole.values()].flatMap((versions) => {
    const ordered = versions.toSorted((a, b) => a.version - b.version);
    return ordered.filter((_, i) => {
      const next = ordered[i + 1];
      return next !== undefined && next.publishedAt + BigInt(keepSeconds) <= now;
    });
  });
}
