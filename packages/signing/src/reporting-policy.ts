/** Of the conditions in our releases: a record on success and on failure, both with system information (suit.md 2.3, bits 0 to 3). */
export const reportAll = 15;

/** Of the directives: a record on failure (bit 1). That one succeeded, the condition behind it records. */
export const reportFailure = 2;
