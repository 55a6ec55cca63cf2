/**
 * Every event of the log (CR 2.8), written once; docs/spec/event-log.md prints this table and a test compares the two.
 * An id is never reused: logs that were kept are read for years.
 */
export const logCategories = {
  update: 1,
  boot: 2,
  trust: 3,
  time: 4,
  policy: 5,
  integrity: 6,
  log: 7,
  connection: 8,
} as const;

export type LogCategory = keyof typeof logCategories;

/**
 * The log is two rings. `reserved` takes what an outsider cannot cause at will: a flood of refused updates or dropped
 * connections fills the general ring and never displaces a change of trust (CR 2.9).
 */
export type LogRing = "general" | "reserved";

export const logRings: readonly LogRing[] = ["general", "reserved"];

/** What came of it. `waiting`: time or a person can still change the answer. */
export const logResults = { success: 1, refused: 2, failure: 3, waiting: 4, warning: 5 } as const;

export type LogResult = keyof typeof logResults;

/** RFC 5424 6.2.1. */
export type Severity = "alert" | "critical" | "error" | "warning" | "notice" | "informational";

export interface LogType {
  readonly id: number;
  readonly category: LogCategory;
  readonly ring: LogRing;
  readonly severity: Severity;
}

export type LogTypeName =
  | "update-received"
  | "update-verified"
  | "update-refused"
  | "update-waiting"
  | "update-staged"
  | "update-installed"
  | "update-abandoned"
  | "update-undeliverable"
  | "update-held-back"
  | "update-already-installed"
  | "update-cancelled"
  | "update-reported"
  | "update-ordered"
  | "update-interrupted"
  | "provision-refused"
  | "backup-made"
  | "backup-failed"
  | "restore-begun"
  | "backup-restored"
  | "restore-failed"
  | "secondary-update-received"
  | "secondary-update-started"
  | "secondary-update-waiting"
  | "secondary-update-refused"
  | "secondary-update-failed"
  | "secondary-update-confirmed"
  | "booted"
  | "slot-refused"
  | "recovery-needed"
  | "confirmed"
  | "rolled-back"
  | "state-repaired"
  | "state-copy-lost"
  | "state-not-written"
  | "floor-raised"
  | "self-tested"
  | "restart-postponed"
  | "provisioned"
  | "factory-reset"
  | "image-not-started"
  | "trust-changed"
  | "time-changed"
  | "time-refused"
  | "policy-changed"
  | "override-given"
  | "override-used"
  | "override-refused"
  | "override-ended"
  | "integrity-checked"
  | "integrity-violated"
  | "verifier-tested"
  | "verifier-self-test-failed"
  | "integrity-accepted"
  | "log-cleared"
  | "log-gap"
  | "log-nearly-full"
  | "log-exported"
  | "connection-failed";

const type = (id: number, category: LogCategory, ring: LogRing, severity: Severity): LogType => ({
  id,
  category,
  ring,
  severity,
});

export const logTypes: Readonly<Record<LogTypeName, LogType>> = {
  "update-received": type(101, "update", "general", "informational"),
  "update-verified": type(102, "update", "general", "informational"),
  "update-refused": type(103, "update", "general", "warning"),
  "update-waiting": type(104, "update", "general", "notice"),
  "update-staged": type(105, "update", "general", "informational"),
  "update-installed": type(106, "update", "general", "notice"),
  "update-abandoned": type(107, "update", "general", "notice"),
  "update-undeliverable": type(108, "update", "general", "warning"),
  "update-held-back": type(109, "update", "general", "informational"),
  "update-already-installed": type(110, "update", "general", "informational"),
  "update-cancelled": type(111, "update", "general", "notice"),
  "update-reported": type(112, "update", "general", "informational"),
  "update-ordered": type(113, "update", "general", "informational"),
  "update-interrupted": type(114, "update", "general", "notice"),
  "provision-refused": type(115, "update", "general", "warning"),
  "backup-made": type(116, "update", "general", "notice"),
  "backup-failed": type(117, "update", "general", "error"),
  "restore-begun": type(118, "update", "reserved", "warning"),
  "backup-restored": type(119, "update", "reserved", "warning"),
  "restore-failed": type(120, "update", "reserved", "error"),
  "secondary-update-received": type(121, "update", "general", "informational"),
  "secondary-update-started": type(122, "update", "general", "notice"),
  "secondary-update-waiting": type(123, "update", "general", "notice"),
  "secondary-update-refused": type(124, "update", "general", "warning"),
  "secondary-update-failed": type(125, "update", "general", "warning"),
  "secondary-update-confirmed": type(126, "update", "general", "notice"),
  booted: type(201, "boot", "general", "notice"),
  "slot-refused": type(202, "boot", "general", "error"),
  "recovery-needed": type(203, "boot", "reserved", "alert"),
  confirmed: type(204, "boot", "reserved", "notice"),
  "rolled-back": type(205, "boot", "reserved", "error"),
  "state-repaired": type(206, "boot", "general", "notice"),
  "state-copy-lost": type(207, "boot", "general", "critical"),
  "state-not-written": type(208, "boot", "general", "error"),
  "floor-raised": type(209, "boot", "reserved", "notice"),
  "self-tested": type(210, "boot", "general", "notice"),
  "restart-postponed": type(211, "boot", "general", "informational"),
  provisioned: type(212, "boot", "reserved", "notice"),
  "factory-reset": type(213, "boot", "reserved", "warning"),
  "image-not-started": type(214, "boot", "general", "error"),
  "trust-changed": type(301, "trust", "reserved", "warning"),
  "time-changed": type(401, "time", "reserved", "warning"),
  "time-refused": type(402, "time", "general", "warning"),
  "policy-changed": type(501, "policy", "reserved", "warning"),
  "override-given": type(502, "policy", "reserved", "warning"),
  "override-used": type(503, "policy", "reserved", "warning"),
  "override-refused": type(504, "policy", "reserved", "warning"),
  "override-ended": type(505, "policy", "reserved", "notice"),
  "integrity-checked": type(601, "integrity", "general", "informational"),
  "integrity-violated": type(602, "integrity", "reserved", "alert"),
  "verifier-tested": type(603, "integrity", "general", "informational"),
  "verifier-self-test-failed": type(604, "integrity", "reserved", "alert"),
  "integrity-accepted": type(605, "integrity", "reserved", "warning"),
  "log-cleared": type(701, "log", "reserved", "warning"),
  /** In the ring that has the gap. */
  "log-gap": type(702, "log", "reserved", "error"),
  "log-nearly-full": type(703, "log", "reserved", "warning"),
  "log-exported": type(704, "log", "reserved", "informational"),
  "connection-failed": type(801, "connection", "general", "warning"),
};

const byId: ReadonlyMap<number, LogTypeName> = new Map(
  Object.entries(logTypes).map(([name, { id }]) => [id, name as LogTypeName]),
);

/** Undefined for the id of a later version of the table. */
export const logTypeById = (id: number): LogTypeName | undefined => byId.get(id);
