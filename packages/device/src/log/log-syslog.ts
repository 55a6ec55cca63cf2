import { bytesToHex } from "@sumac/crypto";
import { utcTime } from "@sumac/suit";
import type { IntegrityFinding } from "../integrity/integrity-check.ts";
import type { IntegrityNotice } from "../integrity/integrity-watch.ts";
import type { LoggedRecord } from "./event-log.ts";
import { type LogCategory, type LogTypeName, logTypeById, logTypes, type Severity } from "./log-type.ts";

export interface SyslogOptions {
  /** HOSTNAME: the device's name, of printable ASCII. */
  readonly device: string;
  /** The vendor's private enterprise number, for the names of structured data (RFC 5424 7.2.2). */
  readonly enterprise: number;
}

/** For documentation (RFC 5612): whoever runs a fleet sets the vendor's own. */
export const exampleEnterprise = 32473;

/** RFC 5424 6.2.1. 13 is "log audit", 10 "security/authorization", 16 to 23 are for local use. */
const facilities: Readonly<Record<LogCategory, number>> = {
  update: 16,
  boot: 16,
  connection: 16,
  trust: 10,
  policy: 10,
  time: 10,
  integrity: 10,
  log: 13,
};

const severities: Readonly<Record<Severity, number>> = {
  alert: 1,
  critical: 2,
  error: 3,
  warning: 4,
  notice: 5,
  informational: 6,
};

/** A record of a type that this version does not know: nothing says that it can be ignored. */
const unknownSeverity: Severity = "warning";

/**
 * A record as one message of RFC 5424, without transport framing. The event is in structured data, all of it, so that the
 * chain can be followed; the message text is for people. Text that came from outside is escaped, control characters too:
 * no server can write a line of its own into the plant's syslog.
 */
export function syslogLine({ record, digest }: LoggedRecord, options: SyslogOptions): string {
  const name = logTypeById(record.id);
  const type = name ?? `unknown-${record.id}`;
  const priority = facilities[record.category] * 8 + severities[severityOf(name)];
  const own = `@${options.enterprise}`;
  const elements = [
    element(`sumac${own}`, [
      ["counter", String(record.counter)],
      ["ring", record.ring],
      ["index", String(record.index)],
      ["source", record.source],
      ["category", record.category],
      ["type", type],
      ["id", String(record.id)],
      ["result", record.result],
      ["previous", bytesToHex(record.previous)],
      ["digest", bytesToHex(digest)],
    ]),
    ...factElement(`facts${own}`, record.facts),
    element("timeQuality", [["isSynced", record.time === undefined ? "0" : "1"]]),
    element("meta", [["sequenceId", String((record.counter % 2147483647) + 1)]]),
  ];
  const header = [
    `<${priority}>1`,
    record.time === undefined ? "-" : utcTime(record.time),
    printable(options.device, 255),
    "sumac",
    "-",
    type,
  ];
  return `${header.join(" ")} ${elements.join("")} ${type}: ${record.result}`;
}

/** A finding of the integrity check for the plant's syslog, apart from the log and its chain. */
export function noticeSyslogLine(
  { occasion, time }: IntegrityNotice,
  finding: IntegrityFinding,
  options: SyslogOptions,
): string {
  const type = "integrity-violated";
  const priority = facilities.integrity * 8 + severities[logTypes[type].severity];
  const facts: [string, string][] = Object.entries(finding).map(([name, value]) => [name, String(value)]);
  const data = element(`facts@${options.enterprise}`, [["occasion", occasion], ...facts]);
  const timestamp = time === undefined ? "-" : utcTime(time);
  return `<${priority}>1 ${timestamp} ${printable(options.device, 255)} sumac - ${type} ${data} ${type}: failure`;
}

const severityOf = (name: LogTypeName | undefined): Severity =>
  name === undefined ? unknownSeverity : logTypes[name].severity;

const element = (id: string, parameters: readonly (readonly [name: string, value: string])[]): string =>
  `[${id}${parameters.map(([name, value]) => ` ${name}="${escapeValue(value)}"`).join("")}]`;

function factElement(id: string, facts: Readonly<Record<string, string>>): string[] {
  const parameters = Object.entries(facts).map(([name, value]) => [parameterName(name), value] as const);
  return parameters.length === 0 ? [] : [element(id, parameters)];
}

/** PARAM-NAME: 1 to 32 printable ASCII characters but for `=`, space, `]` and `"`. */
const parameterName = (name: string): string => name.replace(/[^!#-<>-\\^-~]/g, "_").slice(0, 32) || "_";

/** RFC 5424 6.3.3, and beyond it: nothing that ends a line or moves a terminal's cursor. */
const escapeValue = (value: string): string =>
  value
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => `\\u${hex4(character)}`)
    .replace(/[\\"\]]/g, (character) => `\\${character}`);

const hex4 = (character: string): string => (character.codePointAt(0) ?? 0).toString(16).padStart(4, "0");

const printable = (text: string, length: number): string => text.replace(/[^!-~]/g, "_").slice(0, length) || "-";
