const secondsPerDay = 86_400n;
/** Days from 0000-03-01 to 1970-01-01 in the Gregorian calendar. */
const daysBefore1970 = 719_468n;
/** 400 years: after these the calendar repeats. */
const daysPerEra = 146_097n;

/** Seconds since 1970 (not negative) as `YYYY-MM-DDTHH:MM:SSZ`. Years count from March, so that the leap day is the last. */
export function utcTime(seconds: bigint): string {
  const days = seconds / secondsPerDay + daysBefore1970;
  const era = days / daysPerEra;
  const dayOfEra = days % daysPerEra;
  const yearOfEra = (dayOfEra - dayOfEra / 1460n + dayOfEra / 36_524n - dayOfEra / 146_096n) / 365n;
  const dayOfYear = dayOfEra - (365n * yearOfEra + yearOfEra / 4n - yearOfEra / 100n);
  const monthFromMarch = (5n * dayOfYear + 2n) / 153n;
  const day = dayOfYear - (153n * monthFromMarch + 2n) / 5n + 1n;
  const month = monthFromMarch < 10n ? monthFromMarch + 3n : monthFromMarch - 9n;
  const year = era * 400n + yearOfEra + (month <= 2n ? 1n : 0n);
  const time = seconds % secondsPerDay;
  const two = (value: bigint): string => String(value).padStart(2, "0");
  const date = `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
  return `${date}T${two(time / 3600n)}:${two((time / 60n) % 60n)}:${two(time % 60n)}Z`;
}
