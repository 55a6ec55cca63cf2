import type { Version, VersionComparison, VersionMatch } from "@sumac/suit";

const preReleases: ReadonlyMap<string, number> = new Map([
  ["rc", -1],
  ["beta", -2],
  ["alpha", -3],
]);

const highestPart = 2 ** 31 - 1;

/**
 * The version of update-management-14 that a text such as `1.2.0` or `1.2-rc.3` means; undefined for everything that
 * cannot be written there: build metadata, other words, more than 16 parts. Undoes `formatVersion`.
 */
export function parseVersionText(text: string): Version | undefined {
  const match = /^(\d{1,10}(?:\.\d{1,10}){0,15})(?:-(rc|beta|alpha)((?:\.\d{1,10}){0,15}))?$/.exec(text);
  if (match === null) return undefined;
  const [, release = "", word = "", behind = ""] = match;
  const preRelease = preReleases.get(word);
  const numbers = (dotted: string): number[] => dotted.split(".").filter(Boolean).map(Number);
  const version = [...numbers(release), ...(preRelease === undefined ? [] : [preRelease]), ...numbers(behind)];
  return version.length <= 16 && version.every((part) => part <= highestPart) ? version : undefined;
}

/** The same of a text for people, who write `1.2-rc1` as well as `1.2-rc.1`. */
export const readVersionText = (text: string): Version | undefined =>
  parseVersionText(text.replace(/-(rc|beta|alpha)(?=\d)/, "-$1."));

const comparisons: ReadonlyMap<string, VersionComparison> = new Map([
  [">=", "greater-or-equal"],
  [">", "greater"],
  ["=", "equal"],
  ["<=", "less-or-equal"],
  ["<", "less"],
]);

/** `>= 1.2.0`; undefined without a comparison: `1.2` alone could mean any. */
export function parseVersionMatch(text: string): VersionMatch | undefined {
  const [, sign = "", dotted = ""] = /^(>=|>|=|<=|<) ?(\S+)$/.exec(text) ?? [];
  const comparison = comparisons.get(sign);
  const version = parseVersionText(dotted);
  return comparison === undefined || version === undefined ? undefined : { comparison, version };
}
