import type { BootOutcome } from "../device/boot-device.ts";
import type { DeviceRefusal } from "../device/offer.ts";
import type { BackupEnd } from "../operator/backup-command.ts";
import type { InstallWait } from "../operator/install-wait.ts";
import type { SlotImage } from "../slots/slot-check.ts";
import type { Unavailable } from "../unavailable.ts";

/** What an agent does, as it does it. `action` is the server's name for the order. Facts; sentences are the reader's. */
export type AgentEvent =
  | { readonly event: "polled"; readonly sleepMs: number }
  | { readonly event: "attributes-sent"; readonly attributes: Readonly<Record<string, string>> }
  | { readonly event: "offered"; readonly action: string; readonly sequence: bigint; readonly size: bigint }
  /** It was refused before: not looked at this time. */
  | { readonly event: "passed-over"; readonly action: string }
  /** The server wants it downloaded or installed later. */
  | { readonly event: "held-back"; readonly action: string }
  | { readonly event: "refused"; readonly action: string; readonly refusal: DeviceRefusal }
  /** Refused for now: a person, or time, will change the answer. */
  | { readonly event: "waiting"; readonly action: string; readonly refusal: DeviceRefusal | InstallWait }
  | { readonly event: "undeliverable"; readonly action: string; readonly fault: Unavailable }
  | { readonly event: "already-installed"; readonly action: string }
  | { readonly event: "downloading"; readonly action: string; readonly from: number; readonly total: number }
  | { readonly event: "progress"; readonly action: string; readonly done: number; readonly total: number }
  | { readonly event: "staged"; readonly action: string; readonly image: SlotImage }
  /** The command that saves what does not lie in the slots has ended. */
  | ({ readonly event: "backed-up"; readonly action: string; readonly manifestDigest: Uint8Array } & BackupEnd)
  | { readonly event: "armed"; readonly action: string; readonly image: SlotImage }
  | { readonly event: "restart-postponed" }
  | { readonly event: "booted"; readonly outcome: BootOutcome }
  /** The command that starts an image has not ended with 0: it may not run, whatever the boot has decided. */
  | { readonly event: "image-not-started"; readonly image: SlotImage; readonly how: string }
  | { readonly event: "self-tested"; readonly image: SlotImage; readonly result: "passed" | "failed" }
  | { readonly event: "confirmed"; readonly image: SlotImage }
  | {
      readonly event: "reported";
      readonly action: string;
      readonly finished: "success" | "failure" | "none";
      readonly details: readonly string[];
    }
  /** The server no longer knows the action. */
  | { readonly event: "report-unwanted"; readonly action: string }
  | { readonly event: "cancelled"; readonly action: string }
  | { readonly event: "retrying"; readonly fault: Unavailable; readonly inMs: number };
