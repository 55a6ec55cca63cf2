/** Bounds of everything that comes from outside. Bytes, milliseconds or counts, as the names say. */
export interface Limits {
  /** A published blob. */
  readonly blobBytes: number;
  readonly envelopeBytes: number;
  /** A gate report, dossier or SBOM that goes with a release. */
  readonly attachmentBytes: number;
  /** A file under `/.well-known/`; a larger one is not served. */
  readonly wellKnownFileBytes: number;
  /** A JSON body of the publish API. */
  readonly apiBodyBytes: number;
  /** Role files that are published at once. */
  readonly repositoryBodyBytes: number;
  /** Between two looks at what of the repository has to be signed again. */
  readonly repositoryCheckMs: number;
  /** A feedback or configData body; a longer one is answered 413. */
  readonly deviceBodyBytes: number;
  /** How much of a feedback body is kept as evidence. */
  readonly storedFeedbackBytes: number;
  readonly feedbackDetails: number;
  readonly feedbackDetailCharacters: number;
  /** Feedback entries kept for an action; later ones still take effect. */
  readonly feedbackPerAction: number;
  readonly attributes: number;
  readonly attributeKeyCharacters: number;
  readonly attributeValueCharacters: number;
  /** How often one device may try one release. */
  readonly attempts: number;
  /** How often one action may begin the download of a payload anew: endless loops are real (server.md 4 rule 8). */
  readonly payloadDownloads: number;
  readonly concurrentUploads: number;
  readonly connections: number;
  /** Requests of one network address, sustained; twice as many in a burst. */
  readonly requestsPerSecond: number;
  readonly headersTimeoutMs: number;
  /** Time to receive a body that is no blob. */
  readonly bodyTimeoutMs: number;
  /** A connection without a byte in either direction during a request. */
  readonly idleTimeoutMs: number;
  /** Time to receive a whole request, a blob included. */
  readonly requestTimeoutMs: number;
  /** How long `close` waits for running requests. */
  readonly shutdownMs: number;
  /** Age from which a blob that no release names is collected at start. */
  readonly blobGraceMs: number;
}

export const defaultLimits: Limits = {
  blobBytes: 4 * 1024 ** 3,
  envelopeBytes: 64 * 1024,
  attachmentBytes: 64 * 1024 ** 2,
  wellKnownFileBytes: 8 * 1024 ** 2,
  apiBodyBytes: 256 * 1024,
  repositoryBodyBytes: 32 * 1024 ** 2,
  repositoryCheckMs: 60_000,
  deviceBodyBytes: 256 * 1024,
  storedFeedbackBytes: 64 * 1024,
  feedbackDetails: 50,
  feedbackDetailCharacters: 1024,
  feedbackPerAction: 1000,
  attributes: 100,
  attributeKeyCharacters: 128,
  attributeValueCharacters: 1024,
  attempts: 3,
  payloadDownloads: 50,
  concurrentUploads: 8,
  connections: 20_000,
  requestsPerSecond: 2000,
  headersTimeoutMs: 10_000,
  bodyTimeoutMs: 20_000,
  idleTimeoutMs: 60_000,
  requestTimeoutMs: 60 * 60_000,
  shutdownMs: 10_000,
  blobGraceMs: 24 * 60 * 60_000,
};
