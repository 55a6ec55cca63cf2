export interface BackOff {
  readonly firstMs: number;
  readonly largestMs: number;
}

/**
 * How long to wait after `failures` failures in a row: doubling, never above the largest, and spread over its upper half
 * so that a fleet that lost its server together does not come back together. `random` is from 0 to 1. What the server
 * asked for is the least.
 */
export function backOffMs(failures: number, { firstMs, largestMs }: BackOff, random: number, askedMs = 0): number {
  const doubled = Math.min(firstMs * 2 ** (failures - 1), largestMs);
  return Math.max(Math.round(doubled * (0.5 + random / 2)), askedMs);
}

/** The server's sleep, and up to a tenth more. */
export const sleepWithJitterMs = (sleepMs: number, random: number): number => Math.round(sleepMs * (1 + random / 10));
