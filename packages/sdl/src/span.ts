const hour = 3_600_000;
export const day: number = 24 * hour;

/** `90d` and `72h` in milliseconds; the schema admits nothing else. */
export const spanMs = (span: string): number => Number.parseInt(span, 10) * (span.endsWith("h") ? hour : day);

/** A day or an instant as milliseconds; of a day its first moment in UTC. */
export const startOf = (text: string): number => Date.parse(text.length === 10 ? `${text}T00:00:00Z` : text);

/** Of a day its last moment: what expires on a day is still good on it. */
export const endOf = (text: string): number =>
  text.length === 10 ? Date.parse(`${text}T00:00:00Z`) + day - 1 : Date.parse(text);

export const isoDay = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
