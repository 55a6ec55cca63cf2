import { inScope, type Store } from "../store/store.ts";

/** Devices written in one transaction: other requests wait no longer than that takes. */
const batchSize = 200;

/**
 * When each device was last heard of. Collected in memory and written in batches: a durable write for each poll would
 * cost more than all the rest of it (server.md 10). A crash loses at most one batch, and nothing is decided by it.
 */
export class LastSeen {
  readonly #store: Store;
  readonly #waiting = new Map<string, { readonly at: number; readonly address: string }>();

  constructor(store: Store) {
    this.#store = store;
  }

  note(controllerId: string, at: number, address: string): void {
    this.#waiting.set(controllerId, { at, address });
  }

  async flush(): Promise<void> {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    try {
      while (waiting.length > 0) {
        await this.#write(waiting.slice(0, batchSize));
        waiting.splice(0, batchSize);
      }
    } catch (thrown) {
      // Kept for the next time, unless a device was heard of meanwhile.
      for (const [id, seen] of waiting) if (!this.#waiting.has(id)) this.#waiting.set(id, seen);
      throw thrown;
    }
  }

  #write(batch: readonly (readonly [string, { readonly at: number; readonly address: string }])[]): Promise<void> {
    const { scope } = this.#store;
    return this.#store.write(async (writer) => {
      for (const [controllerId, { at, address }] of batch) {
        await writer
          .updateTable("devices")
          .set({ last_seen_at: at, last_address: address })
          .where(inScope(scope, "devices"))
          .where("controller_id", "=", controllerId)
          .execute();
      }
    });
  }
}
