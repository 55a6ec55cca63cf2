/** Something with a date that people have to act on. */
export interface CalendarEntry {
  /** Names it across runs, so that a calendar replaces what it had. */
  readonly uid: string;
  /** Seconds since 1970. */
  readonly at: bigint;
  readonly summary: string;
  readonly description: string;
}

/** An iCalendar file (RFC 5545): whole lines of at most 75 octets, CR LF. `stamp` is the time of writing. */
export function calendarText(entries: readonly CalendarEntry[], stamp: bigint): string {
  const events = entries.flatMap(({ uid, at, summary, description }) => [
    "BEGIN:VEVENT",
    `UID:${uid}`,
    `DTSTAMP:${utcForm(stamp)}`,
    `DTSTART:${utcForm(at)}`,
    `SUMMARY:${escapeText(summary)}`,
    `DESCRIPTION:${escapeText(description)}`,
    "BEGIN:VALARM",
    "ACTION:DISPLAY",
    "TRIGGER:-P7D",
    `DESCRIPTION:${escapeText(summary)}`,
    "END:VALARM",
    "END:VEVENT",
  ]);
  const lines = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Sumac//repository expiry//EN",
    ...events,
    "END:VCALENDAR",
  ];
  return lines
    .flatMap(fold)
    .map((line) => `${line}\r\n`)
    .join("");
}

/** `20261123T120000Z` */
const utcForm = (seconds: bigint): string =>
  new Date(Number(seconds) * 1000).toISOString().replaceAll(/[-:]|\.\d{3}/g, "");

const escapeText = (text: string): string =>
  text.replaceAll(/[\\;,]/g, String.raw`\$&`).replaceAll("\n", String.raw`\n`);

/** Continuation lines begin with a space, which counts. ASCII alone: octets are characters. */
function fold(line: string): string[] {
  const ascii = line.replaceAll(/[^\x20-\x7e]/g, "?");
  const folded = [ascii.slice(0, 75)];
  for (let at = 75; at < ascii.length; at += 74) folded.push(` ${ascii.slice(at, at + 74)}`);
  return folded;
}
