/** `90 s`, `15 min`, `6 h` or `2 d`, the space may be left out; in milliseconds. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = /^([1-9]\d{0,6}) ?(s|min|h|d)$/.exec(text) ?? [];
  const seconds = { s: 1, min: 60, h: 3600, d: 86_400 }[unit ?? ""];
  return seconds === undefined ? undefined : Number(count) * seconds * 1000;
}
