import { type BootOutcome, explainDevice, explainFault, type Round } from "@sumac/device";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { Failure } from "../failure.ts";

/** What one round comes to for whoever asked for just one. */
export function judgeRound(round: Round): ExitCode {
  switch (round.did) {
    case "refused":
      throw new Failure({
        code: round.refusal.code,
        ...explainDevice(round.refusal),
        exit: round.refusal.code === "malformed" ? exitCode.malformed : exitCode.refused,
      });
    case "undeliverable":
      throw new Failure({ code: round.fault.code, ...explainFault(round.fault.code), exit: exitCode.unavailable });
    case "reverted":
      throw new Failure({
        code: "update-reverted",
        problem: "the new image did not prove itself; the device runs the old one again",
        remedy: "find out why its self-test failed, and release a better one under a higher sequence number",
        exit: exitCode.device,
      });
    case "recovery-needed":
      throw cannotBoot(round.outcome, "remove the folder and make the device anew");
    default:
      return exitCode.ok;
  }
}

/** Nothing runs. `remedy` is for a device that is empty. */
export function cannotBoot(outcome: BootOutcome, remedy: string): Failure {
  const exit = exitCode.device;
  if (outcome.kind === "recovery-needed") {
    return new Failure({ code: outcome.why.code, ...explainDevice(outcome.why), exit });
  }
  return new Failure({ code: "not-provisioned", problem: "the device is not provisioned", remedy, exit });
}
