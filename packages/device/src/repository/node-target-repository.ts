import type { Crypto } from "@sumac/crypto";
import {
  drive,
  type FactoryMinimum,
  findTarget,
  refresh,
  type Steps,
  sumacPolicy,
  type TrustedFiles,
  type TufNote,
} from "@sumac/tuf";
import {
  defaultHttpLimits,
  fetchMetadataFrom,
  HttpSource,
  type HttpTls,
  openTrustedFiles,
  TufUnavailable,
} from "@sumac/tuf/node";
import { Unavailable, type UnavailableCode } from "../unavailable.ts";
import type { TargetRepository } from "./listed-target.ts";
import { byRepository } from "./repository-refusal.ts";

export interface NodeTargetRepositoryOptions {
  /** What was accepted is stored here; the folder belongs to one process at a time. */
  readonly folder: string;
  /** Of the tree: `metadata/` lies below it. */
  readonly url: string;
  /** The root that the device came with. */
  readonly root: Uint8Array;
  readonly minimum?: FactoryMinimum;
  readonly crypto: Crypto;
  readonly tls?: HttpTls;
  readonly onNote?: (note: TufNote) => void;
}

/** The vendor's repository over HTTP, with what was accepted of it in a folder. */
export class NodeTargetRepository implements TargetRepository {
  readonly #options: NodeTargetRepositoryOptions;
  readonly #source: HttpSource;
  #files: TrustedFiles | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: NodeTargetRepositoryOptions) {
    this.#options = options;
    this.#source = new HttpSource(`${options.url.replace(/\/+$/, "")}/metadata`, defaultHttpLimits, options.tls);
  }

  close(): void {
    this.#source.close();
  }

  /** One after another: a gateway asks for itself and for each device behind it, and all of them write the same files. */
  find(...asked: Parameters<TargetRepository["find"]>): ReturnType<TargetRepository["find"]> {
    const found = this.#turn.then(() => this.#find(...asked));
    this.#turn = found.catch(() => undefined);
    return found;
  }

  async #find(...[path, { atLeast, now }]: Parameters<TargetRepository["find"]>): ReturnType<TargetRepository["find"]> {
    const { crypto, root, minimum } = this.#options;
    const context = {
      crypto,
      policy: sumacPolicy,
      factoryRoot: root,
      buildTime: atLeast,
      ...(minimum === undefined ? {} : { factoryMinimum: minimum }),
      ...(now === undefined ? {} : { clock: { seconds: now, source: "trusted" } as const }),
    };
    try {
      const fresh = await this.#drive(refresh(context));
      const found = fresh.ok ? await this.#drive(findTarget(fresh.value, path)) : fresh;
      if (found.ok) return found;
      // Slowness is the network's: nothing was said about the release.
      if (found.error.code === "stalled")
        throw new Unavailable("stalled", { retryable: true, detail: found.error.file });
      return { ok: false, error: byRepository(found.error) };
    } catch (thrown) {
      if (!(thrown instanceof TufUnavailable)) throw thrown;
      const code = faults[thrown.code];
      throw new Unavailable(code, { retryable: true, detail: `repository: ${thrown.detail}`, cause: thrown });
    }
  }

  async #drive<T>(steps: Steps<T>): Promise<T> {
    this.#files ??= await openTrustedFiles(this.#options.folder);
    const { onNote = () => undefined } = this.#options;
    // Never what is stored alone: a server that answers nothing must not bring back what it has withdrawn.
    return drive(steps, this.#files, fetchMetadataFrom(this.#source, "stop"), onNote);
  }
}

const faults: Readonly<Record<TufUnavailable["code"], UnavailableCode>> = {
  unreachable: "server-unreachable",
  "unexpected-status": "unexpected-status",
  "redirect-refused": "redirect-refused",
  "storage-failed": "storage-failed",
};
