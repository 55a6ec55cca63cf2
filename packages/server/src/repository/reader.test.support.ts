/** A device of tests: what it stores is in memory, what it reads comes from where it is told. */
import type { Result } from "@sumac/cbor";
import { nodeCrypto } from "@sumac/crypto/node";
import { driveInMemory, type FoundTarget, findTarget, refresh, sumacPolicy, type TufRefusal } from "@sumac/tuf";

export type Served = (path: string) => Uint8Array | undefined;

export class TestReader {
  readonly #stored = new Map<string, Uint8Array>();
  readonly #root: Uint8Array;

  constructor(root: Uint8Array) {
    this.#root = root;
  }

  look(served: Served, target: string, now: bigint): Result<FoundTarget, TufRefusal> {
    const read = (path: string): Uint8Array | "absent" => served(path) ?? "absent";
    const ignore = (): undefined => undefined;
    const clock = { seconds: now, source: "trusted" } as const;
    const context = { crypto: nodeCrypto, policy: sumacPolicy, factoryRoot: this.#root, buildTime: now, clock };
    const fresh = driveInMemory(refresh(context), this.#stored, read, ignore);
    return fresh.ok ? driveInMemory(findTarget(fresh.value, target), this.#stored, read, ignore) : fresh;
  }
}
