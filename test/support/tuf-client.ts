import type { Result } from "@sumac/cbor";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  driveInMemory,
  type FactoryMinimum,
  type FetchFailure,
  type FoundTarget,
  findTarget,
  type RefreshContext,
  refresh,
  sumacPolicy,
  type TrustedRepository,
  type TufNote,
  type TufPolicy,
  type TufRefusal,
} from "@sumac/tuf";
import { start, type TestRepository } from "./tuf-repository.ts";

export interface TestClientOptions {
  readonly policy?: Partial<TufPolicy>;
  readonly factoryMinimum?: FactoryMinimum;
  readonly factoryRoot?: Uint8Array;
  readonly clock?: "trusted" | "unconfirmed" | "none";
}

/** A poller in memory. `now` is what its clock says, if it has one. */
export class TestClient {
  stored: Map<string, Uint8Array> = new Map();
  now: bigint = start;
  notes: TufNote[] = [];
  requests: string[] = [];
  otherTree: Map<string, Uint8Array> | undefined;
  /** What the network does instead of serving the repository's file. */
  network: ((path: string) => Uint8Array | FetchFailure | undefined) | undefined;
  readonly #options: TestClientOptions;
  readonly #repository: TestRepository;
  readonly #factoryRoot: Uint8Array;
  #trusted: TrustedRepository | undefined;

  constructor(repository: TestRepository, options: TestClientOptions = {}) {
    this.#repository = repository;
    this.#options = options;
    this.#factoryRoot = options.factoryRoot ?? repository.firstRoot;
  }

  refresh(): Result<TrustedRepository, TufRefusal> {
    const { policy, factoryMinimum, clock = "trusted" } = this.#options;
    const context: RefreshContext = {
      crypto: nodeCrypto,
      policy: { ...sumacPolicy, ...policy },
      factoryRoot: this.#factoryRoot,
      buildTime: start - 30n * 86_400n,
      ...(factoryMinimum === undefined ? {} : { factoryMinimum }),
      ...(clock === "none" ? {} : { clock: { seconds: this.now, source: clock } }),
      ...(this.otherTree === undefined ? {} : { otherTree: this.otherTree }),
    };
    this.notes = [];
    this.requests = [];
    const result = this.#drive(refresh(context));
    this.#trusted = result.ok ? result.value : undefined;
    return result;
  }

  find(path: string): Result<FoundTarget, TufRefusal> {
    if (this.#trusted === undefined) throw new Error("no refresh succeeded");
    return this.#drive(findTarget(this.#trusted, path));
  }

  /** Refresh, then look-up: what an agent does. */
  update(path: string): Result<FoundTarget, TufRefusal> {
    const refreshed = this.refresh();
    return refreshed.ok ? this.find(path) : refreshed;
  }

  #drive<T>(steps: Parameters<typeof driveInMemory<T>>[0]): T {
    return driveInMemory(
      steps,
      this.stored,
      (path) => {
        this.requests.push(path);
        return this.network?.(path) ?? this.#repository.served.get(path) ?? "absent";
      },
      (note) => this.notes.push(note),
    );
  }
}
