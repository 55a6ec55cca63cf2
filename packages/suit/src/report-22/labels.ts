/** Every number of draft-ietf-suit-report-22. A later revision gets a folder of its own. */
export const reportDraft = "draft-ietf-suit-report-22";

export const reportLabel = {
  nonce: 2,
  records: 3,
  result: 4,
  "capability-report": 8,
  reference: 99,
} as const;

/** The map that stands in place of `true` when a procedure did not succeed. */
export const failureLabel = { code: 5, record: 6, reason: 7 } as const;

/** In a map of system properties, beside parameters. */
export const systemComponentId = 0;

/**
 * The sequence that a record points into, by its manifest key. The draft lists no number for the shared sequence, which
 * runs before each of the others: here it is `common`, so that an offset means one place.
 */
export const reportSection = {
  common: 3,
  validate: 7,
  load: 8,
  invoke: 9,
  "dependency-resolution": 15,
  "payload-fetch": 16,
  "candidate-verification": 18,
  install: 20,
} as const;

/** Why a procedure did not succeed. 0 (ok) is registered and never stands in a failure. */
export const reportReason = {
  "cbor-parse": 1,
  "cose-unsupported": 2,
  "alg-unsupported": 3,
  unauthorised: 4,
  "command-unsupported": 5,
  "component-unsupported": 6,
  "component-unauthorised": 7,
  "parameter-unsupported": 8,
  "severing-unsupported": 9,
  "condition-failed": 10,
  "operation-failed": 11,
  "invoke-pending": 12,
} as const;

export const capabilityLabel = {
  components: 1,
  commands: 2,
  parameters: 3,
  algorithms: 4,
  envelope: 5,
  manifest: 6,
  common: 7,
  text: 8,
  "component-text": 9,
  dependency: 10,
} as const;
