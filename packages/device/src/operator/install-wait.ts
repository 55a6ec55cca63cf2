import type { UnavailableCode } from "../unavailable.ts";

/** What an operator is asked to agree to. */
export interface InstallSubject {
  readonly sequence: bigint;
  readonly manifestDigest: Uint8Array;
}

/** Why an update that the device accepts is not carried out yet. */
export type InstallWait =
  /** The operator of this device has not agreed to this manifest. */
  | ({ readonly code: "consent-awaited" } & InstallSubject)
  /** Its event log cannot be written, and the policy is to do nothing that would go unrecorded (CR 2.10). */
  | { readonly code: "log-failing"; readonly fault: UnavailableCode; readonly file: string }
  /** What does not lie in the slots could not be saved before the update (CR 7.3). */
  | { readonly code: "backup-failed" | "backup-timed-out"; readonly how: string }
  /** The verifier gives wrong answers to what it has to know, so that nothing it accepts counts (CR 3.3). */
  | {
      readonly code: "verifier-self-test-failed";
      readonly wrong: number;
      readonly asked: number;
      /** The first wrong answer. */
      readonly name: string;
      readonly expected: string;
      readonly answered: string;
    };
