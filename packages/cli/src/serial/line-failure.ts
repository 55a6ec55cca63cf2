import { explainLinkFault, explainSmp, type LinkFault, type SmpFailure } from "@sumac/smp";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { Failure } from "../failure.ts";
import { interrupted } from "../interruption.ts";
import type { LineSettings } from "./line-settings.ts";

/** A failure of a conversation as the end of a command. */
export function smpFailure(failure: SmpFailure, { address, baud }: Pick<LineSettings, "address" | "baud">): Failure {
  if (failure.code === "cancelled") return interrupted();
  // A terminal server has a rate of its own, which nobody here knows.
  const explained = explainSmp(failure, address.kind === "serial" ? { baud } : {});
  // The name that the device's group has for it: `device-error` alone says nothing.
  const code = failure.code === "device-error" ? (failure.name ?? failure.code) : failure.code;
  return new Failure({ code, ...explained, exit: exitOf(failure) });
}

function exitOf(failure: SmpFailure): ExitCode {
  switch (failure.code) {
    case "image-too-large":
    case "slots-not-told":
    case "slot-absent":
    case "slot-not-writable":
      return exitCode.refused;
    case "no-answer":
      return exitCode.unavailable;
    default:
      return exitCode.device;
  }
}

export const linkFailure = (fault: LinkFault): Failure =>
  new Failure({ code: fault.code, ...explainLinkFault(fault), exit: exitCode.unavailable }, { cause: fault });
