import { isWaiting } from "@sumac/verifier";
import { mayPassInRepository } from "../repository/repository-refusal.ts";
import type { DeviceRefusal } from "./offer.ts";

/** Whether time or a person can change the answer. */
export function mayPass(refusal: DeviceRefusal): boolean {
  if ("judgedBy" in refusal) return mayPassInRepository(refusal);
  switch (refusal.code) {
    case "trial-running":
    case "recovery-running":
    case "stagings-exhausted":
      return true;
    case "trials-exhausted":
    case "components-incomplete":
    case "components-mixed":
      return false;
    default:
      return isWaiting(refusal);
  }
}
