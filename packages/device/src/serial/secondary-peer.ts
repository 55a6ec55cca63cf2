import type { Result } from "@sumac/cbor";
import type { SmpClient, SmpFailure, SumacState } from "@sumac/smp";
import type { FoundTarget } from "@sumac/tuf";
import type { DdiClient } from "../ddi/ddi-client.ts";
import type { DdiDeployment } from "../ddi/ddi-client-reply.ts";
import type { InstallSubject } from "../operator/install-wait.ts";
import { mayPassInRepository, type RepositoryRefusal } from "../repository/repository-refusal.ts";

/** What a secondary says of itself, or what is known of one that can say little. */
export interface SecondaryFacts {
  readonly vendorId?: Uint8Array;
  readonly classId?: Uint8Array;
  readonly state: SumacState;
  /** Of the manifest that runs, as far as that is known. */
  readonly manifest?: Uint8Array;
  readonly floor: bigint;
}

export type SecondaryStep = "install" | "restart" | "go-back";

/** Why the gateway does not go on with an update by now; codes of the verifier and of the agent. */
export interface SecondaryWait {
  readonly code: "outside-window" | "interlock" | "consent-awaited" | "log-failing" | "verifier-self-test-failed";
}

/** One order of the server, on an open line. */
export interface SecondaryDelivery {
  readonly client: SmpClient;
  readonly server: DdiClient;
  readonly deployment: DdiDeployment;
  readonly envelope: Uint8Array;
  /** What the vendor's repository says of it: these are the bytes. Absent: nobody is to ask one. */
  readonly listed: FoundTarget | undefined;
  readonly signal: AbortSignal;
  mayProceed(step: SecondaryStep, subject: InstallSubject): Promise<"granted" | SecondaryWait>;
  /** Everything is on the device, and the restart comes next. */
  staged(): Promise<void>;
  /** Bytes that the device has acknowledged. */
  sending(done: number, total: number): void;
}

export type SecondaryOutcome =
  | { readonly did: "updated" | "already-installed" }
  | { readonly did: "reverted"; readonly code: string }
  /** `judgedBy`: tells the codes of the repository's readers from others of the same name. */
  | { readonly did: "refused" | "waiting"; readonly code: string; readonly judgedBy?: "repository" };

/** The end of an order that the vendor's repository does not list so. */
export const unlisted = (refusal: RepositoryRefusal): SecondaryOutcome => ({
  did: mayPassInRepository(refusal) ? "waiting" : "refused",
  code: refusal.code,
  judgedBy: refusal.judgedBy,
});

/** How one kind of device is talked to. Throws `LinkFault` and `SecondaryGone` where line or device fail. */
export interface SecondaryPeer {
  look(client: SmpClient): Promise<SecondaryFacts>;
  /** Also throws what the server throws. May be asked again at any point: goes on where the device is. */
  deliver(delivery: SecondaryDelivery): Promise<SecondaryOutcome>;
  /** Forgets what does not run yet. */
  cancel(client: SmpClient): Promise<"cancelled" | "trial-running">;
}

/** The line, or the device at its end, fails: the round is over, and the next one goes on where the device is. */
export class SecondaryGone extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.name = "SecondaryGone";
    this.code = code;
  }
}

export async function answered<T>(answer: Promise<Result<T, SmpFailure>>): Promise<T> {
  const result = await answer;
  if (result.ok) return result.value;
  throw new SecondaryGone(result.error.code);
}

const lookAgainMs = 250;

/** Asks again and again, because a restart takes a while: until `seen` has an answer, or the time is over. */
export async function afterRestart<T>(
  seen: () => Promise<T | undefined>,
  { restartMs, wait, signal }: RestartWait,
): Promise<T> {
  for (let waited = 0; ; waited += lookAgainMs) {
    await wait(lookAgainMs, signal);
    const found = await seen();
    if (found !== undefined) return found;
    if (signal.aborted || waited >= restartMs) throw new SecondaryGone("no-answer");
  }
}

export interface RestartWait {
  /** How long a restart may take; milliseconds. */
  readonly restartMs: number;
  readonly signal: AbortSignal;
  wait(ms: number, signal?: AbortSignal): Promise<void>;
}
