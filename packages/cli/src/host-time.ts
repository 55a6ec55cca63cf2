/** Seconds since 1970 by the clock of this machine. */
export const hostTime = (): bigint => BigInt(Math.floor(Date.now() / 1000));
