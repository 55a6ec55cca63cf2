/** Numbers of Sumac's own group of SMP. docs/spec/serial.md prints these tables, and a test compares the two. */
export const sumacGroup = 0x534d;

/** Of the messages below; a device that speaks a later one says so in its identity. */
export const sumacProtocol = 1;

export const sumacCommand = {
  identity: 0,
  envelope: 1,
  verdict: 2,
  payload: 3,
  act: 4,
  report: 5,
  log: 6,
} as const;
export type SumacCommand = keyof typeof sumacCommand;

/** Answers of this group: its own numbers in version 2, the ones of the protocol in version 1. */
export const sumacResult = [
  "ok",
  "unknown",
  "malformed-request",
  "too-large",
  "not-expected",
  "not-now",
  "nothing-there",
  "storage-failed",
] as const;
export type SumacResult = (typeof sumacResult)[number];

/** What the device says of the update it was given, or runs. */
export const sumacState = [
  "idle",
  "receiving",
  "refused",
  "waiting",
  "wants-payload",
  "staged",
  "armed",
  "trial",
  "confirmed",
  "reverted",
] as const;
export type SumacState = (typeof sumacState)[number];

export const sumacAction = ["restart", "confirm", "cancel"] as const;
export type SumacAction = (typeof sumacAction)[number];

/** Bytes of an envelope that every device of the group takes, as `suit` bounds it. */
export const longestEnvelope = 65_536;
