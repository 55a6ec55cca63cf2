import { explainReport } from "./explain-report.ts";
import type { KeyPart } from "./profile.ts";
import type { CommandFailure, Rejection } from "./rejection.ts";
import { isUnbelievedReport, type ReportRejection } from "./report-rejection.ts";

/** What a person needs to know of a refusal: one sentence each, no capital, no full stop. */
export interface Explanation {
  readonly problem: string;
  readonly remedy: string;
}

/** The one place with sentences. A new code without a case here does not compile. */
export function explain(rejection: Rejection | ReportRejection): Explanation {
  if (isUnbelievedReport(rejection)) return explainReport(rejection);
  switch (rejection.code) {
    case "malformed":
      return say(
        `the bytes are no valid envelope: ${rejection.field} at offset ${rejection.offset} (${words(rejection.reason)})`,
        "fetch the file again; if it is malformed at its source too, build it again with a current tool",
      );
    case "too-large":
      return say(
        `the envelope has ${rejection.size} bytes, the limit is ${rejection.limit}`,
        "keep the payload beside the envelope instead of inside it, and shorten its texts",
      );
    case "limit-exceeded":
      return say(
        `the manifest goes over the limit for ${words(rejection.limit)} at offset ${rejection.offset}`,
        "simplify the manifest; a verifier bounds what it will work through",
      );
    case "unsupported":
      return say(
        `${rejection.field} number ${rejection.label} at offset ${rejection.offset} is not supported`,
        "build the manifest without it, or update the verifier",
      );
    case "member-unauthenticated":
      return say(
        `the envelope carries ${rejection.member}, which the manifest does not vouch for (offset ${rejection.offset})`,
        "treat the file as tampered with; fetch the original from the vendor",
      );
    case "signature-invalid":
      return say(
        `the signature by ${rejection.keyId === null ? "a key without id" : key(rejection.keyId)} does not match the manifest`,
        "fetch the envelope again; if it repeats, treat the channel as hostile",
      );
    case "signer-unknown":
      return say(
        rejection.keyIds.length === 0
          ? "no trusted key fits any signature of the envelope"
          : `no trusted key has the id ${rejection.keyIds.map(key).join(" or ")}`,
        "check that this is the vendor's public key, or sign with a key that the device trusts",
      );
    case "algorithm-not-allowed":
      return say(
        rejection.algorithm === null
          ? "an authentication block is not a COSE_Sign1 with an algorithm"
          : `the signature algorithm ${rejection.algorithm} is not allowed for ${rejection.keyId === null ? "this trust record" : key(rejection.keyId)}`,
        "sign with a key and an algorithm of the trust record's profile, or have the record allow the older id",
      );
    case "threshold-not-met":
      return say(
        `role ${rejection.role} needs ${rejection.need} ${signatures[rejection.part]}, the envelope has ${rejection.have}`,
        "have the missing key holders sign the envelope",
      );
    case "digest-not-allowed":
      return say(
        `the ${rejection.of} is known by a ${rejection.digest} digest, which the profile ${rejection.profile} does not accept`,
        "build the release with sha-384 or sha-512 digests",
      );
    case "manifest-digest-mismatch":
      return say(
        `the manifest was altered after signing: its digest is ${rejection.computed}, signed was ${rejection.claimed}`,
        "fetch the original from the vendor; if it repeats, treat the channel as hostile",
      );
    case "severed-member-mismatch":
      return say(
        `the ${rejection.member} member was altered after signing`,
        "fetch the original from the vendor; if it repeats, treat the channel as hostile",
      );
    case "severed-member-missing":
      return say(`the ${rejection.member} member was severed and did not come along`, "use the complete envelope");
    case "identity-missing":
      return say(
        `the manifest does not check the ${words(rejection.condition)}`,
        "build it with vendor and class conditions in the shared sequence",
      );
    case "wrong-vendor":
      return say(
        `the update is for another vendor's devices (${rejection.offered})`,
        "use the update made for this device",
      );
    case "wrong-class":
      return say(
        `the update is for another class of device (${rejection.offered})`,
        "use the update made for this device",
      );
    case "wrong-device":
      return say(`the update is for another device (${rejection.offered})`, "use the update made for this very device");
    case "component-unknown":
      return say(
        `this device has no component ${rejection.component}`,
        "use the update made for this device, or correct the component id in the release description",
      );
    case "component-not-authorised":
      return say(
        `role ${rejection.role} may not write component ${rejection.component}`,
        "have the role sign that is responsible for the component",
      );
    case "rollback":
      return say(
        `sequence ${rejection.offered} is older than the confirmed ${rejection.floor}`,
        "to go back on purpose, release the old image under a new, higher sequence number",
      );
    case "sequence-reused":
      return say(
        `sequence ${rejection.sequence} is installed with a different manifest`,
        "release under a new, higher sequence number; a number is never used twice",
      );
    case "expired":
      return say(
        `the update was to be used before ${rejection.useBefore}, and it is ${rejection.now} (seconds since 1970)`,
        "ask the vendor for a current release",
      );
    case "freshness-unknown":
      return say(
        `the update expires at ${rejection.useBefore} (seconds since 1970) and there is no trusted clock to judge it`,
        "set the clock from a trusted source, then try again",
      );
    case "not-approved":
      return say(
        `role ${rejection.role} has ${rejection.have} of ${rejection.need} approvals`,
        "have the plant countersign the envelope; until then the update waits",
      );
    case "outside-window":
      return say("the maintenance window is closed", "wait for the window; the update is kept until then");
    case "interlock":
      return say("the plant's interlock holds the device", "release the interlock; the update is kept until then");
    case "condition-failed":
      return say(
        `the condition ${words(rejection.condition)} at offset ${rejection.offset} does not hold`,
        "use an update whose conditions this device meets",
      );
    case "command-failed":
      return say(
        `the command ${words(rejection.command)} at offset ${rejection.offset} cannot run: ${failures[rejection.because]}`,
        "have the vendor correct the manifest; lint finds this before signing",
      );
    case "component-state-unknown":
      return say(
        `the condition ${words(rejection.condition)} at offset ${rejection.offset} needs to know what component ${rejection.component} holds`,
        "install it on the device itself, which can look; or use an update without this condition",
      );
    case "dependency-refused": {
      const { problem, remedy } = explain(rejection.because);
      return say(`dependency ${rejection.dependency} (offset ${rejection.offset}): ${problem}`, remedy);
    }
    case "image-match-missing":
      return say(
        `nothing compares the image of component ${rejection.component} (written at offset ${rejection.offset}) with a signed digest`,
        "have the vendor add an image-match after it; lint finds this before signing",
      );
    case "image-too-large":
      return say(`the image has ${rejection.size} bytes, the slot holds ${rejection.limit}`, "build a smaller image");
    case "image-too-short":
      return say(
        `the payload ends after ${rejection.received} of ${rejection.expected} bytes`,
        "fetch the payload again; it was cut off",
      );
    case "image-too-long":
      return say(
        `the payload goes on after the ${rejection.expected} bytes that were signed`,
        "use the payload that belongs to this envelope",
      );
    case "image-digest-mismatch":
      return say(
        `the payload is not the one that was signed: its digest is ${rejection.computed}, signed was ${rejection.expected}`,
        "fetch the payload again; if it repeats, treat the channel as hostile",
      );
    case "no-decryption-key":
      return say(
        "the payload is not encrypted for any key of this device",
        "have the vendor encrypt it for the device's key, and check that the key was provisioned",
      );
    case "decryption-failed":
      return say(`the payload cannot be decrypted: ${undecryptable[rejection.because]}`, remedies[rejection.because]);
    case "ciphertext-unverified":
      return say(
        `the payload is encrypted with ${rejection.algorithm}, and nothing compares it with a signed digest before it is decrypted`,
        "have the vendor add an image-match for the encrypted payload before it is copied",
      );
    case "slot-readback-mismatch":
      return say(
        "what lies in the slot is not what was verified",
        "install again; if it repeats, the storage is worn out or somebody else writes to it",
      );
  }
}

const failures: Record<CommandFailure, string> = {
  "parameter-missing": "a parameter it needs was never set",
  "payload-missing": "the envelope does not hold the payload it names",
  "component-index": "it names a component that the manifest does not list",
  "same-component": "source and target are the same component",
  "soft-failure-outside": "soft-failure has no meaning outside try-each and run-sequence",
  "nothing-to-try": "it has no alternative",
  "too-many-commands": "the manifest asks for more commands than a verifier carries out",
  "order-matters": "a component is written and read while strict-order is false",
  "component-not-fixed": "while strict-order is false, a sequence has to name its component first and keep to it",
  "in-shared-sequence": "a dependency has no section that would correspond to the shared sequence",
  "no-dependency": "the component is no dependency",
  "dependency-absent": "the dependency was not fetched before",
  "dependency-unverified": "the dependency was not verified before (dependency-integrity)",
  "dependency-replaced": "another manifest would take the place of a dependency that was verified already",
  "dependency-passed-over": "this section of a dependency exists, and its dependent never runs it",
};

const signatures: Record<KeyPart, string> = {
  any: "signatures",
  classical: "signatures by classical keys",
  "ml-dsa": "signatures by ML-DSA keys",
};

type Undecryptable = Extract<Rejection, { code: "decryption-failed" }>["because"];

const undecryptable: Record<Undecryptable, string> = {
  "key-unwrap": "the device's key does not open the content key",
  truncated: "bytes are missing at its end",
  "tag-mismatch": "it is not what was encrypted under this key",
};

const remedies: Record<Undecryptable, string> = {
  "key-unwrap": "check that the vendor encrypts for the key that this device has",
  truncated: "fetch the payload again; it was cut off",
  "tag-mismatch": "fetch the payload again; if it repeats, treat the channel as hostile",
};

const say = (problem: string, remedy: string): Explanation => ({ problem, remedy });
const words = (code: string): string => code.replaceAll("-", " ");
const key = (keyId: string): string => `key ${keyId.slice(0, 16)}`;
