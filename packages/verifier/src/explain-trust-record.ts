import type { Explanation } from "./explain.ts";
import type { TrustRecordRefusal } from "./trust-record.ts";

/** What is wrong with a trust record, and what to do. A new code without a case here does not compile. */
export function explainTrustRecord(refusal: TrustRecordRefusal): Explanation {
  switch (refusal.code) {
    case "malformed":
      return say(
        `the bytes are no trust record: ${refusal.field} at offset ${refusal.offset} (${refusal.reason.replaceAll("-", " ")})`,
        "make the record again, with a current tool",
      );
    case "trust-threshold":
      return say(
        `role ${refusal.role} demands ${refusal.threshold} of ${refusal.keys} keys${refusal.part === "any" ? "" : ` of the kind ${refusal.part}`}`,
        "give the role at least as many keys as it demands, and demand at least one",
      );
    case "trust-key-not-in-profile":
      return say(
        `role ${refusal.role} has a key that the profile ${refusal.profile} never counts: ${refusal.keyId.slice(0, 16)}`,
        "choose the profile that its keys are for, or leave the key out",
      );
    case "trust-scheme-unsupported":
      return say(
        `role ${refusal.role} has a key for ${refusal.scheme}, which cannot be checked here`,
        "use keys that the device can check",
      );
    case "trust-duplicate-key":
      return say(
        `role ${refusal.role} has the same key twice: ${refusal.keyId.slice(0, 16)}`,
        "give each key once: it counts once",
      );
    case "trust-duplicate-role":
      return say(`two roles are called ${refusal.role}`, "give each role a name of its own, in both parts together");
    case "trust-no-release-role":
      return say("nobody may release anything", "name a release role in the vendor's part");
    case "trust-owner-release-role":
      return say(
        `an owner's part names who may release: ${refusal.role}`,
        "leave release roles to the vendor's part; an owner approves",
      );
    case "trust-no-root-role":
      return say("nobody could ever replace the record", "name a root role");
    case "trust-key-in-both-parts":
      return say(
        `role ${refusal.role} has a key of the vendor's part: ${refusal.keyId.slice(0, 16)}`,
        "use keys that the owner alone holds, so that one signature never stands for both",
      );
  }
}

const say = (problem: string, remedy: string): Explanation => ({ problem, remedy });
