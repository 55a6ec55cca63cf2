export const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
type Weekday = (typeof weekdays)[number];

/** A time of the week in which updates may be carried out. It may end on the day after the one it begins on. */
export interface MaintenanceWindow {
  readonly days: readonly Weekday[];
  /** Minutes after midnight. */
  readonly from: number;
  readonly to: number;
  /** IANA name, such as `Europe/Vienna`. */
  readonly zone: string;
}

/** What the clocks on the wall say in this zone. */
interface WallTime {
  readonly day: Weekday;
  readonly minute: number;
}

export const isTimeZone = (zone: string): boolean => {
  try {
    new Intl.DateTimeFormat("en-GB", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
};

/** `HH:MM` as minutes after midnight; `24:00` is the end of the day. */
export function parseTimeOfDay(text: string): number | undefined {
  const [, hours, minutes] = /^([01]\d|2[0-4]):([0-5]\d)$/.exec(text) ?? [];
  const minute = Number(hours) * 60 + Number(minutes);
  return minute <= 1440 ? minute : undefined;
}

/** Whether one of them is open at this moment, in milliseconds since 1970. */
export function isOpen(windows: readonly MaintenanceWindow[], now: number): boolean {
  return windows.some((window) => {
    const { day, minute } = wallTime(window.zone, now);
    const { days, from, to } = window;
    if (from < to) return days.includes(day) && minute >= from && minute < to;
    // Over midnight: it belongs to the day it began on.
    return (days.includes(day) && minute >= from) || (days.includes(dayBefore(day)) && minute < to);
  });
}

function wallTime(zone: string, now: number): WallTime {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).formatToParts(now);
  const part = (type: string): string => parts.find((each) => each.type === type)?.value ?? "";
  const day = weekdays.find((each) => each === part("weekday").toLowerCase().slice(0, 3));
  if (day === undefined) throw new Error(`no day of the week in ${JSON.stringify(parts)}`);
  return { day, minute: Number(part("hour")) * 60 + Number(part("minute")) };
}

const dayBefore = (day: Weekday): Weekday => weekdays[(weekdays.indexOf(day) + 6) % 7] ?? day;
