export interface LenientJson {
  readonly value: unknown;
  readonly readAs: "json" | "json-repaired" | "nothing";
}

/** Strict JSON, else the same with control characters as spaces: swupdate does not escape line feeds (server.md 4 rule 7). */
export function parseLenientJson(text: string): LenientJson {
  const strict = parse(text);
  if (strict !== undefined) return { value: strict, readAs: "json" };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
  const repaired = parse(text.replace(/[\u0000-\u001f]/g, " "));
  return repaired === undefined
    ? { value: undefined, readAs: "nothing" }
    : { value: repaired, readAs: "json-repaired" };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
