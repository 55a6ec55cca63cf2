import type { Operations } from "@sumac/verifier";
import type { DdiClient } from "../ddi/ddi-client.ts";
import type { BootOutcome } from "../device/boot-device.ts";
import type { Device } from "../device/device.ts";
import type { BackupEnd } from "../operator/backup-command.ts";
import type { InstallSubject, InstallWait } from "../operator/install-wait.ts";
import type { OverrideDesk } from "../operator/override-desk.ts";
import type { TargetRepository } from "../repository/listed-target.ts";
import type { SlotImage } from "../slots/slot-check.ts";
import type { AgentEvent } from "./agent-event.ts";

export interface AgentPorts {
  /** Running: booted by the caller, with `booted` as its answer. */
  readonly device: Device;
  readonly booted: BootOutcome;
  readonly server: DdiClient;
  /** Switches the device off and on, or does not return where that ends the process. `postponed`: not now, ask again. */
  restart(): Promise<BootOutcome | "postponed">;
  /** Whether the image on trial does its work. Bounded in time by whoever gives it. */
  selfTest(image: SlotImage): Promise<"passed" | "failed">;
  /** Returns after `ms`, or when the signal is aborted. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  /** From 0 to 1, for jitter only. */
  random(): number;
  /** Milliseconds that never go back. */
  uptimeMs(): number;
  /** Seconds since 1970 by a clock that is trusted; undefined = there is none. */
  trustedTime(): bigint | undefined;
  /** What the plant allows now; undefined = nobody operates here. */
  operations(): Promise<Operations | undefined>;
  /** A supervisor's word that one manifest may pass what the plant says (CR 2.1 RE 3); absent = there is none. */
  readonly overrides?: Pick<OverrideDesk, "current" | "used">;
  /** Asked for every order, before its envelope is fetched; absent = the device is not to ask one. */
  readonly repository?: TargetRepository;
  /** Asked before an order is looked at: what stands against every update; absent = nothing does. */
  mayReceive?(): "granted" | InstallWait;
  /** Asked for each update before the other slot is written; absent = nobody has to agree. */
  mayInstall?(subject: InstallSubject): Promise<"granted" | InstallWait>;
  /**
   * Asked when an update was staged and verified, before it is armed: saves what does not lie in the slots (CR 7.3).
   * Bounded in time by whoever gives it; absent = nothing is saved.
   */
  backUp?(subject: InstallSubject): Promise<BackupEnd>;
  observe(event: AgentEvent): void;
}
