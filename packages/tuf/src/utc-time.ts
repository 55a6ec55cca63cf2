/** Seconds since 1970 of exactly `YYYY-MM-DDTHH:MM:SSZ` (TUF 1.0.34 4.2), or undefined: no other form, no day that is none. */
export function parseUtcTime(text: string): bigint | undefined {
  const found = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z$/.exec(text);
  if (found === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1).map(Number);
  if (month < 1 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 59) return undefined;
  return BigInt(daysBefore(year, month, day)) * 86_400n + BigInt(hour * 3600 + minute * 60 + second);
}

/** The same form back, for the years 0 to 9999. */
export function formatUtcTime(seconds: bigint): string {
  if (seconds < -62_167_219_200n || seconds > 253_402_300_799n) {
    throw new RangeError(`${seconds} is outside the years 0 to 9999`);
  }
  let days = Number(seconds / 86_400n);
  let rest = Number(seconds % 86_400n);
  if (rest < 0) {
    rest += 86_400;
    days--;
  }
  let year = 1970 + Math.floor(days / 365.2425);
  while (daysBefore(year, 1, 1) > days) year--;
  while (daysBefore(year + 1, 1, 1) <= days) year++;
  let month = 12;
  while (daysBefore(year, month, 1) > days) month--;
  const day = days - daysBefore(year, month, 1) + 1;
  const two = (value: number): string => String(value).padStart(2, "0");
  const clock = `${two(Math.floor(rest / 3600))}:${two(Math.floor(rest / 60) % 60)}:${two(rest % 60)}`;
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}T${clock}Z`;
}

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

const daysIn = (year: number, month: number): number =>
  month === 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : month <= 12 ? 31 : 0;

/** Days from 1970-01-01 to a date of the Gregorian calendar. */
function daysBefore(year: number, month: number, day: number): number {
  const before = year - 1;
  let days = before * 365 + Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
  for (let earlier = 1; earlier < month; earlier++) days += daysIn(year, earlier);
  return days + day - 1 - 719_162;
}
