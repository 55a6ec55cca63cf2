import type { BlobStore } from "./blobs/blob-store.ts";
import type { CheckEnvelope } from "./check-envelope.ts";
import type { LastSeen } from "./devices/last-seen.ts";
import type { Limits } from "./limits.ts";
import type { PublishedRepository } from "./repository/published-repository.ts";
import type { Store } from "./store/store.ts";

/** What every route works with. Time and chance come in here, so that a test can decide them. */
export interface ServerContext {
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly checkEnvelope: CheckEnvelope;
  /** Undefined: this server publishes no signed tree. */
  readonly repository: PublishedRepository | undefined;
  /** Folder of what is served under `/.well-known/`. Undefined: nothing is. */
  readonly wellKnown: string | undefined;
  readonly lastSeen: LastSeen;
  readonly limits: Limits;
  readonly pollingSleepSeconds: number;
  readonly publicUrl: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** From 0 to 1; spreads the polls. */
  readonly chance: () => number;
  /** Where the server listens, known once it does. */
  readonly listeningUrl: () => string;
}
