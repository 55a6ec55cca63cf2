import { bytesToHex } from "@sumac/crypto";
import type { SuitDigest } from "@sumac/suit";
import type { MutableUri } from "./finding.ts";

/** What a URI may name to say which bytes it means. */
export interface ReleaseNames {
  readonly digests: readonly SuitDigest[];
  /** Versions as texts, from the manifest's own text. */
  readonly versions: readonly string[];
  readonly sequence: bigint;
}

/** Enough digits of a digest, or of any other content or build id, that no other content has them by chance. */
const idDigits = 16;

/** In any part of a name these promise that it will mean something else tomorrow. */
const movingWords: ReadonlySet<string> = new Set(["latest", "newest", "nightly"]);

/** These do so only where they are the whole name of a folder or file: "current" and "main" occur in products too. */
const movingSegments: ReadonlySet<string> = new Set([
  "current",
  "stable",
  "head",
  "main",
  "master",
  "trunk",
  "edge",
  "snapshot",
]);

/** Query parameters of links that are valid for a while only. */
const expiringParameter =
  /^(?:expires?|expiry|exp|se|sig|signature|token|access_token|x-amz-(?:signature|expires|security-token)|x-goog-(?:signature|expires))$/;

/**
 * Whether a URI can be trusted to mean the same bytes for ever, so that it can be cached and a later upload cannot break
 * a release; undefined = yes. The rule stands in docs/spec/lint.md; names relative to the envelope are judged alike.
 */
export function whyMutable(uri: string, names: ReleaseNames): MutableUri | undefined {
  const { path, query } = partsOf(uri);
  if (query.some((name) => expiringParameter.test(name))) return "expiring-query";
  const folded = uri.toLowerCase();
  if (names.digests.some((digest) => folded.includes(bytesToHex(digest.bytes).slice(0, 2 * idDigits))))
    return undefined;
  const segments = path.map((segment) => segment.toLowerCase());
  const moves = segments.some(
    (segment) =>
      movingSegments.has(segment.replace(/\.[a-z]{1,4}$/, "")) ||
      segment.split(/[-_.+~]/).some((word) => movingWords.has(word)),
  );
  if (moves) return "moving-name";
  return segments.some((segment) => namesVersion(segment, names)) ? undefined : "unversioned";
}

/** Path segments and the names of query parameters; scheme, host and fragment say nothing about the bytes. */
function partsOf(uri: string): { readonly path: readonly string[]; readonly query: readonly string[] } {
  const [withoutFragment = ""] = uri.split("#", 1);
  const at = withoutFragment.indexOf("?");
  const before = at < 0 ? withoutFragment : withoutFragment.slice(0, at);
  const query = at < 0 ? [] : withoutFragment.slice(at + 1).split(/[&;]/);
  const path = before.replace(/^[a-z][a-z0-9+.-]*:/i, "").replace(/^\/\/[^/]*/, "");
  return {
    path: decoded(path)
      .split("/")
      .filter((segment) => segment !== ""),
    query: query.map((pair) => (pair.split("=", 1)[0] ?? "").toLowerCase()),
  };
}

/** A server undoes percent-encoding before it looks for the name; what is no UTF-8 stays as it is. */
const decoded = (path: string): string =>
  path.replace(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return encoded;
    }
  });

/** 20260722, with hours, minutes and seconds behind it or without. */
const date = /^(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])?(?:(?<=\d{10})[0-5]\d){0,2}$/;

function namesVersion(segment: string, { versions, sequence }: ReleaseNames): boolean {
  if (versions.some((version) => version !== "" && segment.includes(version.toLowerCase()))) return true;
  // 1.2, 1_2_0, 2026-07-22; not the 485 of "rs485.bin".
  if (/\d\.\d|\d[_-]\d+[_-]\d/.test(segment)) return true;
  return segment.split(/[-_+~.]/).some((word) => {
    if (word === String(sequence) || /^v\d+$/.test(word) || date.test(word)) return true;
    return word.length >= idDigits && /^[0-9a-f]+$/.test(word) && /\d/.test(word);
  });
}
