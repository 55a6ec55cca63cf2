/** A device of tests: the reader with its state in memory, and a published tree as its server. */
import type { Result } from "@sumac/cbor";
import { nodeCrypto } from "@sumac/crypto/node";
import { driveInMemory } from "../client/drive.ts";
import { type FoundTarget, findTarget } from "../client/find-target.ts";
import { refresh } from "../client/refresh.ts";
import type { KeyScheme } from "../key-scheme.ts";
import type { Tree } from "../metadata.ts";
import { sumacPolicy } from "../policy.ts";
import type { TufRefusal } from "../refusal.ts";
import type { PublishStep } from "./publish-steps.ts";

/** Answers files of the metadata folder. */
export type Served = (name: string) => Uint8Array | undefined;

/** What a server has after these steps. */
export function served(steps: readonly PublishStep[]): Served {
  const files = new Map(steps.map(({ path, bytes }) => [path, bytes]));
  return (name) => files.get(`metadata/${name}`);
}

export class TestDevice {
  readonly #state = new Map<string, Uint8Array>();
  readonly #root: Uint8Array;
  readonly #tree: Tree;
  readonly #schemes: readonly KeyScheme[];

  constructor(root: Uint8Array, tree: Tree = "online", schemes: readonly KeyScheme[] = sumacPolicy.schemes) {
    this.#root = root;
    this.#tree = tree;
    this.#schemes = schemes;
  }

  /** Refreshes, and looks a target up. */
  look(server: Served, target: string, now: bigint): Result<FoundTarget, TufRefusal> {
    const fetchFile = (name: string): Uint8Array | "absent" => server(name) ?? "absent";
    const context = {
      crypto: nodeCrypto,
      policy: { ...sumacPolicy, tree: this.#tree, schemes: this.#schemes },
      factoryRoot: this.#root,
      buildTime: now,
      clock: { seconds: now, source: "trusted" },
    } as const;
    const fresh = driveInMemory(refresh(context), this.#state, fetchFile, () => undefined);
    return fresh.ok ? driveInMemory(findTarget(fresh.value, target), this.#state, fetchFile, () => undefined) : fresh;
  }
}
