import type { DigestName } from "@sumac/crypto";
import { type KeyScheme, standardSchemes } from "./key-scheme.ts";
import type { Tree } from "./metadata.ts";

/** What a verifier asks of a repository beyond the specification, and how much work it does for one. */
export interface TufPolicy {
  /** Bytes, of a file whose length nobody has signed yet, and at most of any. */
  readonly caps: {
    readonly root: number;
    readonly timestamp: number;
    readonly snapshot: number;
    readonly targets: number;
  };
  /** Roots followed in one refresh. */
  readonly maxRootSteps: number;
  /** Role files visited for one target. */
  readonly maxSearch: number;
  readonly schemes: readonly KeyScheme[];
  /** By TUF's name: every listed digest of these is checked, and at least one must be listed. */
  readonly digests: ReadonlyMap<string, DigestName>;
  /** `any` is for repositories that know no trees. */
  readonly tree: Tree | "any";
  /** A role that two others delegate to: refused, or verified anew for each (tuf.md 11, row 44). */
  readonly ambiguousRoles: "refuse" | "verify-for-each";
  /** No trusted time: wait for one, or go on and leave a note. */
  readonly unknownFreshness: "wait" | "accept-and-note";
  /** Whether a clock that nobody vouches for, but that is not behind what is known, may call a file fresh. */
  readonly unconfirmedClock: "is-no-proof" | "proves-freshness";
}

const caps: TufPolicy["caps"] = { root: 512_000, timestamp: 16_384, snapshot: 2_000_000, targets: 5_000_000 };

/** For pollers of a Sumac repository. Bundles are read with `{ ...sumacPolicy, tree: "offline" }`. */
export const sumacPolicy: TufPolicy = {
  caps,
  maxRootSteps: 256,
  maxSearch: 32,
  schemes: standardSchemes,
  digests: new Map([["sha256", "sha-256"]]),
  tree: "online",
  ambiguousRoles: "refuse",
  unknownFreshness: "wait",
  unconfirmedClock: "is-no-proof",
};

/** The specification and no more, for repositories of others. RSA can be added to `schemes`. */
export const plainTufPolicy: TufPolicy = {
  ...sumacPolicy,
  digests: new Map([
    ["sha256", "sha-256"],
    ["sha512", "sha-512"],
  ]),
  tree: "any",
  ambiguousRoles: "verify-for-each",
  unknownFreshness: "accept-and-note",
  unconfirmedClock: "proves-freshness",
};

/** Versions that the maker of a device knew to exist: what stands in for memory on first contact. */
export interface FactoryMinimum {
  readonly root?: number;
  readonly timestamp?: number;
  readonly snapshot?: number;
  /** By role name, `targets` among them. */
  readonly roles?: ReadonlyMap<string, number>;
}
