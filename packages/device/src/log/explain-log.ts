import type { Explanation } from "@sumac/verifier";
import type { ReportImpossible } from "../statement/device-report.ts";
import type { StatementRefusal } from "../statement/device-statement.ts";
import type { LogHeadMissing, LogLineMalformed } from "./log-json.ts";
import type { LogProblem } from "./verify-log.ts";

/** What is wrong with a log, or with what a device signs. */
export type DeviceWordProblem = LogProblem | LogLineMalformed | LogHeadMissing | StatementRefusal | ReportImpossible;

const inquire = "treat the device as one that somebody has had in hand, and compare with an earlier export";

export function explainDeviceWord(problem: DeviceWordProblem): Explanation {
  switch (problem.code) {
    case "log-record-altered":
      return say(`record ${place(problem)} is not as the device wrote it`, inquire);
    case "log-record-missing":
      return say(`record ${place(problem)} is missing`, inquire);
    case "log-record-out-of-order":
      return say(`record ${place(problem)} does not stand in its place`, inquire);
    case "log-chain-broken":
      return say(`from record ${place(problem)} on it is another log than before`, inquire);
    case "log-record-unreadable":
      return say(`record ${place(problem)} cannot be read`, inquire);
    case "log-record-unsigned":
      return say(`record ${place(problem)} stands behind the end that the device signed`, inquire);
    case "log-rewritten":
      return say(
        `the log does not end as the device signed it, at record ${place(problem)}: it was written anew`,
        inquire,
      );
    case "log-line-malformed":
      return say(
        `line ${problem.line} is no line of an exported log (${problem.field})`,
        "export the log again, and move it as a file",
      );
    case "log-head-missing":
      return say(
        "the export does not end with a head that the device has signed",
        "export it on the device that has the key, or check the chain alone with --chain-only",
      );
    case "statement-signer-unknown":
      return say(
        `it is signed by key ${problem.keyId}, not by ${problem.expected}`,
        "name the key of the device that it comes from",
      );
    case "statement-algorithm-not-allowed":
      return say("it is signed with an algorithm that the device's key is not for", "ask for it again");
    case "statement-signature-invalid":
      return say("the device's signature does not fit", inquire);
    case "malformed":
      return say(
        `what should be signed by the device is not of that form: ${problem.field} (${problem.reason})`,
        "ask for it again",
      );
    case "report-impossible":
      return say(
        problem.because === "no-reference-uri"
          ? "the manifest has no reference-uri, and a report names its manifest by it"
          : "there is no manifest that a report could be about",
        "publish releases with a reference-uri",
      );
  }
}

const say = (problem: string, remedy: string): Explanation => ({ problem, remedy });

const place = ({ ring, index }: { readonly ring: string; readonly index: number }): string =>
  `${index} of the ${ring} ring`;
