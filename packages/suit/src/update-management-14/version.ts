import { type CborItem, type CborValue, encode, need, needLabel } from "@sumac/cbor";
import { expectArray, expectPair } from "../expect-item.ts";
import { openBytes, type Scope } from "../layer.ts";
import { nameOf } from "../name-of.ts";
import { refuseMalformed } from "../refusal.ts";

/** UNSTABLE (see `labels.ts` beside this file). 1.2.3 = [1,2,3]; 1.2-rc.3 = [1,2,-1,3]; -1 is rc, -2 beta, -3 alpha. */
export type Version = readonly number[];

export const versionComparisonLabel = {
  greater: 1,
  "greater-or-equal": 2,
  equal: 3,
  "less-or-equal": 4,
  less: 5,
} as const;

export type VersionComparison = keyof typeof versionComparisonLabel;

export interface VersionMatch {
  readonly comparison: VersionComparison;
  readonly version: Version;
}

/** Three numbers, a pre-release class and a few more: nothing that a person calls a version is longer. */
const maxVersionLength = 16;
const lowestPreRelease = -3;

/** A byte string around the version: manifest member set-version. */
export const readVersion = (item: CborItem, field: string, scope: Scope): Version =>
  versionFrom(openBytes(need(item, "bytes", field), field, scope), field);

/** A byte string around [comparison, version]: parameter 28. */
export function readVersionMatch(item: CborItem, field: string, scope: Scope): VersionMatch {
  const [comparisonItem, version] = expectPair(openBytes(need(item, "bytes", field), field, scope), field);
  const comparison =
    nameOf(versionComparisonLabel, needLabel(comparisonItem, `${field}.comparison`)) ??
    refuseMalformed("wrong-value", `${field}.comparison`, comparisonItem.offset);
  return { comparison, version: versionFrom(version, `${field}.version`) };
}

/** At most one pre-release class, never in front: [-1] would be lower than every version there is. */
function versionFrom(item: CborItem, field: string): Version {
  const { items, offset } = expectArray(item, field);
  if (items.length > maxVersionLength) refuseMalformed("wrong-length", field, offset);
  let preReleases = 0;
  return items.map((part, i) => {
    const value = needLabel(part, `${field}.${i}`);
    if (value < 0) preReleases += 1;
    if (value < lowestPreRelease || preReleases > 1 || (value < 0 && i === 0)) {
      refuseMalformed("wrong-value", `${field}.${i}`, part.offset);
    }
    return value;
  });
}

export const serializeVersion = (version: Version): Uint8Array => encode([...version]);

export const versionMatchValue = ({ comparison, version }: VersionMatch): CborValue =>
  encode([versionComparisonLabel[comparison], [...version]]);

/**
 * Compares in turn until the list of the *manifest* ends or a difference appears (suit.md 7.4): "equal [1]" means every
 * 1.x. What the installed version leaves out is 0, so that 2.0 is above [2,0,-1,1], its release candidate.
 */
export function versionMatches({ comparison, version }: VersionMatch, installed: Version): boolean {
  const at = version.findIndex((part, i) => part !== (installed[i] ?? 0));
  const order = at < 0 ? 0 : Math.sign((installed[at] ?? 0) - (version[at] ?? 0));
  switch (comparison) {
    case "greater":
      return order > 0;
    case "greater-or-equal":
      return order >= 0;
    case "equal":
      return order === 0;
    case "less-or-equal":
      return order <= 0;
    case "less":
      return order < 0;
  }
}

const preReleaseName: Readonly<Record<string, string>> = { "-1": "rc", "-2": "beta", "-3": "alpha" };

/** As a person writes it: 1.2-rc.3. */
export function formatVersion(version: Version): string {
  return version
    .map((part, i) => (part < 0 ? `-${preReleaseName[part] ?? part}` : `${i === 0 ? "" : "."}${part}`))
    .join("");
}

const comparisonWords: Readonly<Record<VersionComparison, string>> = {
  greater: "above",
  "greater-or-equal": "at least",
  equal: "exactly, as far as it is given,",
  "less-or-equal": "at most",
  less: "below",
};

/** In words: at least 1.2-rc.3. */
export const formatVersionMatch = ({ comparison, version }: VersionMatch): string =>
  `${comparisonWords[comparison]} ${formatVersion(version)}`;
