import { readEvidence } from "./evidence-record.ts";
import { judgeGate } from "./gate.ts";
import type { GateFinding, GateInput } from "./gate-context.ts";
import type { GateReport } from "./gate-report.ts";
import { maxAgeOf } from "./record-check.ts";
import { day, endOf, isoDay, spanMs, startOf } from "./span.ts";

/** Something that turns red on a day, or is red already. */
export interface DriftEvent {
  readonly release: string;
  /** The first day on which it is red. */
  readonly on: string;
  readonly when: "now" | "ahead";
  readonly rule: GateFinding["rule"];
  readonly row?: string;
  readonly file: string;
  readonly line: number;
  readonly about: string;
}

/** More days than this in one window are looked at one by one no longer. */
const maxDays = 400;

/**
 * Judges every release that is offered, now and on each day of the window on which something runs out, by the very gate
 * of a release: whatever it would refuse then is drift.
 */
export function driftOf(input: GateInput, withinMs: number): readonly DriftEvent[] {
  const releases = [...input.model.many.release.values()]
    .filter(({ value }) => value.state === "shipped" || value.state === "candidate")
    .map(({ value }) => value.id);
  return releases.flatMap((release) => driftOfRelease({ ...input, release, path: "regular" }, release, withinMs));
}

function driftOfRelease(input: GateInput, release: string, withinMs: number): readonly DriftEvent[] {
  const first = judgeGate(input);
  const known = new Set<string>();
  const events: DriftEvent[] = [];
  const note = (report: GateReport, on: number, when: DriftEvent["when"]): void => {
    for (const { rule, row, file, line, about } of report.findings) {
      const key = `${rule} ${row ?? ""} ${file}`;
      if (known.has(key)) continue;
      known.add(key);
      events.push({ release, on: isoDay(on), when, rule, file, line, about, ...(row === undefined ? {} : { row }) });
    }
  };
  note(first, input.now, "now");
  const until = input.now + withinMs;
  const days = [
    ...new Set(
      limitsOf(input)
        .filter((at) => at >= input.now && at < until)
        .map((at) => at - (at % day) + day),
    ),
  ].sort((a, b) => a - b);
  for (const at of days.slice(0, maxDays)) note(judgeGate({ ...input, now: at + 1 }), at, "ahead");
  return events;
}

/** Every moment at which anything of the product runs out. */
function limitsOf(input: GateInput): readonly number[] {
  const { model, crypto } = input;
  const { policy, product, keys, roles, suppliers } = model.single;
  if (policy === undefined || product === undefined) return [];
  const records = readEvidence(model.evidence, crypto).records;
  const ages = records.flatMap(({ evidence }) => [
    endOf(evidence.valid_until),
    ...evidence.rows.flatMap((row) => {
      const age = maxAgeOf(row, { policy, catalogue: input.catalogue });
      return age === undefined ? [] : [startOf(evidence.produced_at) + age];
    }),
  ]);
  const threatAge = spanMs(policy.value.threat_review_max_age);
  return [
    ...ages,
    endOf(product.value.support_end),
    ...[...model.many.threat.values()].map(({ value }) => endOf(value.reviewed) + threatAge),
    ...[...model.many.waiver.values()].map(({ value }) => endOf(value.expires)),
    ...(keys?.value.keys ?? []).map(({ valid_until }) => endOf(valid_until)),
    ...(roles?.value.people ?? []).flatMap(({ training }) => training.map(({ expires }) => endOf(expires))),
    ...(suppliers?.value.suppliers ?? []).flatMap(({ certificate, reviewed }) => [
      endOf(reviewed) + 365 * day,
      ...(certificate === undefined ? [] : [endOf(certificate.expires)]),
    ]),
    ...[...model.updates.values()].flatMap(({ compat }) =>
      compat === undefined
        ? []
        : [endOf(compat.value.checked) + (maxAgeOf("SUM-3", { policy, catalogue: input.catalogue }) ?? 30 * day)],
    ),
    ...[...model.many.issue.values()].flatMap(({ value }) =>
      [7, 14, 30, 60, 90, 180, 365].map((days) => startOf(value.aware_at) + days * day),
    ),
  ];
}

/** RFC 5545, one all-day event for each thing that turns red; the same drift gives the same bytes. */
export function driftCalendar(events: readonly DriftEvent[], product: string, stamp: number): string {
  const compact = (iso: string): string => iso.replaceAll("-", "");
  const stamped = new Date(stamp).toISOString().replace(/[-:]|\.\d+/g, "");
  const lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//sumac//sdl drift//EN"];
  events.forEach(({ on, rule, row, about, release }, index) => {
    lines.push(
      "BEGIN:VEVENT",
      `UID:${product}-${release}-${compact(on)}-${index}@sumac`,
      `DTSTAMP:${stamped}`,
      `DTSTART;VALUE=DATE:${compact(on)}`,
    );
    lines.push(
      folded(`SUMMARY:${escaped(`${product} ${release}: ${row ?? ""} ${rule}`.replace(/ {2,}/g, " "))}`),
      folded(`DESCRIPTION:${escaped(about)}`),
      "END:VEVENT",
    );
  });
  return `${[...lines, "END:VCALENDAR"].join("\r\n")}\r\n`;
}

const escaped = (text: string): string =>
  text.replace(/[\\;,]/g, (character) => `\\${character}`).replace(/\r?\n/g, "\\n");

/** Lines of at most 75 octets, continued with a space. */
function folded(line: string): string {
  const parts: string[] = [];
  let part = "";
  for (const character of line) {
    if (new TextEncoder().encode(part + character).length > (parts.length === 0 ? 75 : 74)) {
      parts.push(part);
      part = "";
    }
    part += character;
  }
  return [...parts, part].join("\r\n ");
}
