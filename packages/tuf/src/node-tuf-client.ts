import type { Result } from "@sumac/cbor";
import type { Crypto } from "@sumac/crypto";
import { drive, type TrustedFiles } from "./client/drive.ts";
import { type FoundTarget, findTarget } from "./client/find-target.ts";
import { refresh } from "./client/refresh.ts";
import type { RefreshContext } from "./client/refresh-context.ts";
import type { TrustedRepository } from "./client/repository.ts";
import { downloadTarget } from "./node-download-target.ts";
import { fetchMetadataFrom, type WithoutServer } from "./node-fetch-metadata.ts";
import { type HttpLimits, HttpSource } from "./node-http-source.ts";
import type { FactoryMinimum, TufPolicy } from "./policy.ts";
import type { TufNote, TufRefusal } from "./refusal.ts";
import type { ClockReading } from "./verification-time.ts";

export interface TufClientOptions {
  readonly crypto: Crypto;
  readonly policy: TufPolicy;
  readonly metadataUrl: string;
  readonly targetsUrl: string;
  readonly files: TrustedFiles;
  readonly factoryRoot: Uint8Array | undefined;
  readonly factoryMinimum?: FactoryMinimum;
  readonly buildTime: bigint;
  /** Asked once at the start of every refresh; undefined where there is no clock. */
  readonly clock: () => ClockReading | undefined;
  readonly withoutServer: WithoutServer;
  readonly limits?: HttpLimits;
  readonly onNote?: (note: TufNote) => void;
}

/** A repository on a server, as one poller sees it. Refusals are values; `TufUnavailable` is thrown. */
export class TufClient {
  readonly #options: TufClientOptions;
  readonly #metadata: HttpSource;
  readonly #targets: HttpSource;
  #repository: TrustedRepository | undefined;

  constructor(options: TufClientOptions) {
    this.#options = options;
    this.#metadata = new HttpSource(options.metadataUrl, options.limits);
    this.#targets = new HttpSource(options.targetsUrl, options.limits);
  }

  close(): void {
    this.#metadata.close();
    this.#targets.close();
  }

  async refresh(): Promise<Result<TrustedRepository, TufRefusal>> {
    const { crypto, policy, factoryRoot, factoryMinimum, buildTime, clock } = this.#options;
    const reading = clock();
    const context: RefreshContext = {
      crypto,
      policy,
      factoryRoot,
      buildTime,
      ...(factoryMinimum === undefined ? {} : { factoryMinimum }),
      ...(reading === undefined ? {} : { clock: reading }),
    };
    // What was verified for an earlier time must not answer for this one.
    this.#repository = undefined;
    const result = await this.#drive(refresh(context));
    if (result.ok) this.#repository = result.value;
    return result;
  }

  /** In the repository of the last refresh, which must have succeeded. */
  async find(path: string): Promise<Result<FoundTarget, TufRefusal>> {
    return this.#drive(findTarget(this.#refreshed(), path));
  }

  /** The checked file in `folder`. */
  async download(found: FoundTarget, folder: string): Promise<Result<string, TufRefusal>> {
    const { crypto, policy } = this.#options;
    const { consistentSnapshot } = this.#refreshed().root;
    const source = this.#targets;
    return downloadTarget({ target: found.target, consistentSnapshot, source, folder, policy, crypto });
  }

  #refreshed(): TrustedRepository {
    if (this.#repository === undefined) throw new TypeError("nothing can be looked up before a refresh succeeded");
    return this.#repository;
  }

  #drive<T>(steps: Parameters<typeof drive<T>>[0]): Promise<T> {
    const { files, withoutServer, onNote } = this.#options;
    return drive(steps, files, fetchMetadataFrom(this.#metadata, withoutServer), onNote ?? (() => undefined));
  }
}
