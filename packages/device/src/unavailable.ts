/** What of the world failed. Public and never reused: logs, exit codes and tests use them. Sentences live in `explain`. */
export type UnavailableCode = ServerFaultCode | StorageFaultCode | InstallerFaultCode | NoticeFaultCode;

/** Talking to the update server; each is described where it is decided, in `ddi-client-fault.ts`. */
export type ServerFaultCode =
  | "server-unreachable"
  | "tls-refused"
  | "link-lost"
  | "timed-out"
  | "stalled"
  | "aborted"
  | "not-authorised"
  | "not-found"
  | "gone"
  | "too-many-requests"
  | "server-error"
  | "unexpected-status"
  | "redirect-refused"
  | "foreign-link"
  | "malformed-answer"
  | "answer-too-large"
  | "artifact-changed"
  | "artifact-too-long"
  | "range-refused"
  /** The deployment has no artifact of the name that is needed; `detail` is that name. */
  | "artifact-missing";

export type StorageFaultCode =
  /** Flash or disk refused to read, write or erase. */
  | "storage-failed"
  /** The flash file has another size than the device's flash. */
  | "storage-mismatch"
  /** No room for what is to be written; nothing that counts was given up for it. */
  | "storage-full"
  /** Another process has the device's folder. */
  | "storage-locked"
  /** Something that this software has not put there stands in the way: a link, a pipe, a folder of another user. */
  | "storage-foreign";

/** Running a configured command that carries an update out. */
export type InstallerFaultCode =
  /** It could not be started, ended with another exit code than 0, or was killed. */
  | "installer-failed"
  /** It took longer than it may and was killed. */
  | "installer-timed-out";

/** Telling somebody of what the integrity check found. */
export type NoticeFaultCode = "notice-not-delivered";

export interface UnavailableFacts {
  /** Whether the same call may work later without anybody changing anything. */
  readonly retryable: boolean;
  /** How long the other side asked to be left alone. */
  readonly retryAfterMs?: number;
  /** A name or path that helps to find the fault; never a token or a body. */
  readonly detail?: string;
  readonly cause?: unknown;
}

/** A fault of the world: thrown, never returned, because no decision of ours caused it. */
export class Unavailable extends Error {
  readonly code: UnavailableCode;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly detail: string | undefined;

  constructor(code: UnavailableCode, facts: UnavailableFacts) {
    super(facts.detail === undefined ? code : `${code}: ${facts.detail}`, { cause: facts.cause });
    this.name = "Unavailable";
    this.code = code;
    this.retryable = facts.retryable;
    this.retryAfterMs = facts.retryAfterMs;
    this.detail = facts.detail;
  }
}
