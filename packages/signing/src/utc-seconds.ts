/** `2030-12-31T23:59:59Z` as seconds since 1970; undefined for any other form, a date that does not exist, and before 1970. */
export function parseUtcSeconds(text: string): bigint | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/.test(text)) return undefined;
  const [year, month, day, hour, minute, second] = text.match(/\d+/g)?.map(Number) ?? [];
  if (year === undefined || month === undefined || day === undefined) return undefined;
  if (hour === undefined || minute === undefined || second === undefined) return undefined;
  const isTime = year >= 1970 && month >= 1 && month <= 12 && hour < 24 && minute < 60 && second < 60;
  if (!isTime || day < 1 || day > daysIn(year, month)) return undefined;
  return BigInt(Date.UTC(year, month - 1, day, hour, minute, second)) / 1000n;
}

/** Day 0 of the next month is the last of this one. */
function daysIn(year: number, month: number): number {
  const first = Date.UTC(year, month - 1, 1);
  const next = month === 12 ? Date.UTC(year + 1, 0, 1) : Date.UTC(year, month, 1);
  return Math.round((next - first) / 86_400_000);
}
