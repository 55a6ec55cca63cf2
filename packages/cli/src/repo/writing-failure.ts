import type { Result } from "@sumac/cbor";
import { explain as explainReading, type TufRefusal } from "@sumac/tuf";
import { explainWriting, type WriterRefusal } from "@sumac/tuf/writer";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { Failure } from "../failure.ts";

const { usage, refused, malformed, unavailable } = exitCode;

/** Exhaustive: a new refusal without an exit code does not compile. */
const exits: Readonly<Record<WriterRefusal["code"], ExitCode>> = {
  "clock-behind": refused,
  "delegation-absent": usage,
  "delegation-nested": refused,
  "delegation-present": usage,
  "delegations-overlap": refused,
  "digest-unexpected": refused,
  "draft-expired": refused,
  "draft-lives-too-long": refused,
  "file-not-metadata": malformed,
  "key-absent": usage,
  "key-not-of-role": refused,
  "key-present": usage,
  "key-repeated": refused,
  "key-type-not-written": refused,
  "lifetime-out-of-range": usage,
  "name-not-writable": usage,
  "not-a-request": malformed,
  "not-a-signature-file": malformed,
  "nothing-to-change": usage,
  "request-altered": refused,
  "request-outdated": refused,
  "role-expired": refused,
  "role-full": refused,
  "role-not-signed": refused,
  "role-not-written": unavailable,
  "signature-invalid": refused,
  "signature-of-other-draft": refused,
  "signatures-missing": refused,
  "signer-not-asked": refused,
  "target-absent": usage,
  "target-file-differs": refused,
  "target-file-missing": unavailable,
  "target-outside-role": refused,
  "target-present": usage,
  "text-not-ascii": refused,
  "threshold-unreachable": usage,
  "version-exhausted": refused,
};

export const writingFailure = (refusal: WriterRefusal): Failure =>
  new Failure({ code: refusal.code, ...explainWriting(refusal), exit: exits[refusal.code] });

/** The value, or the refusal as what a person is told. */
export function orTell<T>(result: Result<T, WriterRefusal>): T {
  if (result.ok) return result.value;
  throw writingFailure(result.error);
}

/** A file of the repository itself that our own reader refuses. */
export function orUnreadable<T>(result: Result<T, TufRefusal>, file: string): T {
  if (result.ok) return result.value;
  throw new Failure({
    code: "file-not-metadata",
    problem: `${file}: ${explainReading(result.error).problem}`,
    remedy: "restore the file from a copy of the published tree",
    exit: malformed,
  });
}
