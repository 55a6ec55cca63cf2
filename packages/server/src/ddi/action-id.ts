/** A DDI action id: 1 to 2^31-1, because clients keep it in 32 bits (server.md 1 fact 7). */
export function parseActionId(text: string): number | undefined {
  if (!/^[1-9]\d{0,9}$/.test(text)) return undefined;
  const id = Number(text);
  return id <= 2 ** 31 - 1 ? id : undefined;
}
