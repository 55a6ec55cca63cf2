import type { TufRefusal } from "./refusal.ts";
import { formatUtcTime } from "./utc-time.ts";

/** What a person needs to know of a refusal: one sentence each, no capital, no full stop. */
export interface Explanation {
  readonly problem: string;
  readonly remedy: string;
}

const hostile = "fetch it again; if it repeats, treat the server or mirror as hostile and tell the vendor";

/** The one place with sentences. A new code without a case here does not compile. */
export function explain(refusal: TufRefusal): Explanation {
  switch (refusal.code) {
    case "malformed":
      return say(
        `${refusal.file} is no valid metadata: ${refusal.field || "the file"} at byte ${refusal.offset} (${words(refusal.reason)})`,
        hostile,
      );
    case "keyid-mismatch":
      return say(
        `${refusal.file} lists ${key(refusal.keyId)}, but the hash of that key is ${short(refusal.computed)}`,
        "have the repository written again with key ids that are the hash of their key",
      );
    case "duplicate-key":
      return say(
        `${refusal.file} lists one key twice, as ${refusal.keyIds.map(short).join(" and ")}: one holder could sign as two`,
        "have the repository written again with each key once, and ask the vendor how this came about",
      );
    case "duplicate-signature":
      return say(
        `${refusal.file} carries two signatures by ${key(refusal.keyId)}`,
        "have the file written again with one signature a key",
      );
    case "threshold-not-met":
      return say(
        `${refusal.role} has ${refusal.have} of ${refusal.need} signatures that ${refusal.authority} asks for`,
        "have the missing key holders sign; if the file was complete at its source, treat the server as hostile",
      );
    case "algorithm-not-allowed":
      return say(
        `${refusal.role} would need ${key(refusal.keyId)}, whose scheme ${refusal.scheme} is not allowed here`,
        "sign with an Ed25519 or P-256 key, or allow the scheme where this verifier is set up",
      );
    case "rollback":
      return say(
        `${refusal.role} version ${refusal.offered} is older than version ${refusal.have} ${since[refusal.since]}`,
        "somebody serves an old repository: use another mirror, and tell the vendor",
      );
    case "root-version-gap":
      return say(
        `the next root must have version ${refusal.expected}, the server offers version ${refusal.offered}`,
        "have every version of root.json put back on the server; none may ever be left out",
      );
    case "version-mismatch":
      return say(
        `${refusal.role} has version ${refusal.offered}, listed is version ${refusal.listed}`,
        `have the repository published again as a whole; ${hostile}`,
      );
    case "expired":
      return say(
        `${refusal.role} expired at ${formatUtcTime(refusal.expires)}, and it is ${formatUtcTime(refusal.time)} or later`,
        "have the role signed again; if the vendor has done so, somebody holds the newer files back",
      );
    case "freshness-unknown":
      return say(
        `there is no trusted time, so nobody can say whether ${refusal.roles.join(", ")} ${refusal.roles.length === 1 ? "is" : "are"} current`,
        "set the clock from a trusted source and confirm it, or accept and record unknown freshness by policy",
      );
    case "clock-implausible":
      return say(
        `the clock says ${formatUtcTime(refusal.clock)}, which is after ${formatUtcTime(refusal.limit)} and cannot be right`,
        "set the clock; nothing was stored",
      );
    case "length-mismatch":
      return say(
        refusal.received === undefined
          ? `${refusal.file} is longer than the ${refusal.expected} bytes that are signed`
          : `${refusal.file} has ${refusal.received} bytes, signed are ${refusal.expected}`,
        hostile,
      );
    case "digest-mismatch":
      return say(
        `${refusal.file} was altered: its ${refusal.algorithm} is ${short(refusal.computed)}, signed is ${short(refusal.expected)}`,
        hostile,
      );
    case "digest-unknown":
      return say(
        `${refusal.file} is listed with ${refusal.algorithms.join(", ") || "no digest"}, none of which can be checked here`,
        "have the repository list sha256",
      );
    case "too-large":
      return say(
        `${refusal.file} is larger than ${refusal.limit} bytes; the transfer was cut`,
        "have a large role split into smaller ones; if the file is small at its source, treat the server as hostile",
      );
    case "stalled":
      return say(
        `the server sends ${refusal.file} too slowly to ever finish`,
        "try another mirror; a slow answer may be meant to keep this device from updating",
      );
    case "file-missing":
      return say(`the server has no ${refusal.file}`, "have the repository published again as a whole");
    case "not-stored":
      return say(
        `the server cannot be reached, and no usable ${refusal.file} is stored`,
        "connect to the server once, or use an offline bundle",
      );
    case "role-removed":
      return say(
        `the snapshot no longer lists ${refusal.role}, which it did before`,
        "a role stays listed for ever: have it listed again, with no targets if it is no longer used",
      );
    case "role-missing":
      return say(
        `${refusal.role} is delegated to but not listed in the snapshot`,
        "have the repository published again as a whole",
      );
    case "role-ambiguous":
      return say(
        `${refusal.delegators.join(" and ")} both delegate to ${refusal.role}`,
        "have every role delegated to from one place only",
      );
    case "target-unknown":
      return say(
        `no role that may speak for ${refusal.target} lists it`,
        "check the name; if it was withdrawn, ask the vendor for the release that replaces it",
      );
    case "search-too-long":
      return say(
        `the search for ${refusal.target} went through ${refusal.limit} roles without an end`,
        "have the repository delegate by narrower patterns",
      );
    case "wrong-tree":
      return say(
        `${refusal.file} belongs to the ${refusal.offered} tree, expected is the ${refusal.expected} tree`,
        refusal.expected === "online"
          ? "the server serves metadata made for bundles: have the online tree put back"
          : "the bundle carries metadata made for the server: have it packed again",
      );
    case "custom-mismatch":
      return say(
        `repository and envelope differ in ${refusal.member}: ${said(refusal.tuf)} against ${said(refusal.suit)}`,
        "have the release published again from its envelope; nothing was installed",
      );
    case "not-approved":
      return say(`the plant has not approved ${refusal.target}`, "have it approved, or wait");
    case "plant-disagrees":
      return say(
        `vendor and plant list ${refusal.target} with different ${refusal.member}: ${said(refusal.vendor)} against ${said(refusal.plant)}`,
        "find out which of the two was altered before anything is installed",
      );
  }
}

const say = (problem: string, remedy: string): Explanation => ({ problem, remedy });
const words = (code: string): string => code.replaceAll("-", " ");
const short = (hex: string): string => hex.slice(0, 12);
const key = (keyId: string): string => `key ${short(keyId)}`;
const said = (value: string | null): string => value ?? "nothing";
const since = {
  stored: "seen here before",
  factory: "that this device was made with",
} as const;
