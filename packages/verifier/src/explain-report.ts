import type { Explanation } from "./explain.ts";
import type { UnbelievedReport } from "./report-rejection.ts";

const distrust = "treat the device as not trustworthy until it was examined";

/** The sentences of `explain` for reports. */
export function explainReport(rejection: UnbelievedReport): Explanation {
  switch (rejection.code) {
    case "report-signer-unknown":
      return say(
        `the report is signed by key ${short(rejection.keyId)}, the device has ${short(rejection.expected)}`,
        "check which device the report came from, and that its key was registered",
      );
    case "report-algorithm-not-allowed":
      return say(
        rejection.algorithm === null
          ? "the signature of the report names no algorithm"
          : `the signature algorithm ${rejection.algorithm} is not that of the device's key`,
        "update the device, or register the key that it signs with",
      );
    case "report-signature-invalid":
      return say(
        `the signature by key ${short(rejection.keyId)} does not match the report`,
        "ask the device again; if it repeats, treat the channel as hostile",
      );
    case "report-nonce-mismatch":
      return say(
        rejection.received === null
          ? "the report does not carry the nonce that was asked for"
          : `the report carries the nonce ${rejection.received}, asked for was ${rejection.expected}`,
        "treat it as an old report that was sent again; ask the device with a new nonce",
      );
    case "report-digest-mismatch":
      return say(
        `the report is about the manifest ${rejection.received}, not ${rejection.expected}`,
        "compare it with the update that the device was given",
      );
    case "report-uri-mismatch":
      return say(
        rejection.expected === null
          ? "the manifest has no reference-uri, so nobody can report on it"
          : "the report names another reference-uri than the manifest",
        rejection.expected === null ? "release with a reference-uri" : distrust,
      );
    case "report-manifest-unknown":
      return say(
        `the report names a dependency (${rejection.manifest.join(".")}) that the manifest does not have`,
        distrust,
      );
    case "report-section-unknown":
      return say(
        `the report speaks of the ${rejection.section} sequence, which is not in the manifest`,
        "if the envelope here was severed, use the complete one; otherwise treat the device as not trustworthy",
      );
    case "report-record-pointless":
      return say(
        `nothing at byte ${rejection.offset} of the ${rejection.section} sequence can have led to a record`,
        distrust,
      );
    case "report-measurement-contradicts":
      return say(
        `the report says success, and found another image at byte ${rejection.offset} of the ${rejection.section} sequence than the manifest demands there`,
        distrust,
      );
    case "report-component-unknown":
      return say(`the report speaks of component ${rejection.component}, which the manifest does not list`, distrust);
    case "report-reason-contradicts":
      return say(
        `the command at byte ${rejection.offset} of the ${rejection.section} sequence cannot have ended with ${rejection.reason.replaceAll("-", " ")}`,
        distrust,
      );
  }
}

const say = (problem: string, remedy: string): Explanation => ({ problem, remedy });
const short = (keyId: string): string => keyId.slice(0, 16);
