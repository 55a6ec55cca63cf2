/** RFC 9110 8.8.3, 14: the few header values a resumed download hangs on. Anything unusual counts as absent or wrong. */

export interface ContentRange {
  readonly first: number;
  readonly last: number;
  readonly total: number;
}

/** `bytes 5-9/10`. Undefined for any other form: other units, an unknown total, numbers out of order. */
export function parseContentRange(value: string | undefined): ContentRange | undefined {
  const parts = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16})$/.exec(value ?? "");
  if (parts === null) return undefined;
  const [first, last, total] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  if (!Number.isSafeInteger(total) || first > last || last >= total) return undefined;
  return { first, last, total };
}

/** The total of an unsatisfied range (`bytes`, star, slash, `10`) that comes with a 416. */
export function parseUnsatisfiedTotal(value: string | undefined): number | undefined {
  const parts = /^bytes \*\/(\d{1,15})$/.exec(value ?? "");
  return parts === null ? undefined : Number(parts[1]);
}

/** A strong entity tag with its quotes. A weak one does not promise the same bytes, so it is no tag here. */
export function strongEtag(value: string | undefined): string | undefined {
  return /^"[\x21\x23-\x7e]{0,256}"$/.test(value ?? "") ? value : undefined;
}

/** Undefined without the header (a chunked body); NaN where it is no plain number. */
export function contentLength(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  return /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
}
