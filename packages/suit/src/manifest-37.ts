/**
 * Every number of draft-ietf-suit-manifest-37, written once: what a parser understands without an extension. The
 * extensions have a file each, and `labels.ts` joins them all.
 */
export const suitDraft = "draft-ietf-suit-manifest-37";

export const envelopeTag = 107;

export const envelopeLabel = {
  "authentication-wrapper": 2,
  manifest: 3,
} as const;

export const coreLabels = {
  manifest: {
    "manifest-version": 1,
    "manifest-sequence-number": 2,
    common: 3,
    "reference-uri": 4,
    validate: 7,
    load: 8,
    invoke: 9,
    "payload-fetch": 16,
    install: 20,
    text: 23,
  },
  common: { components: 2, "shared-sequence": 4 },
  condition: {
    "vendor-identifier": 1,
    "class-identifier": 2,
    "image-match": 3,
    "component-slot": 5,
    "check-content": 6,
    abort: 14,
    "device-identifier": 24,
    /** The one number of update-management that needs no extension: see `updateManagement`. */
    "use-before": 4,
  },
  directive: {
    "set-component-index": 12,
    "try-each": 15,
    write: 18,
    "override-parameters": 20,
    fetch: 21,
    copy: 22,
    invoke: 23,
    swap: 31,
    "run-sequence": 32,
  },
  parameter: {
    "vendor-identifier": 1,
    "class-identifier": 2,
    "image-digest": 3,
    "component-slot": 5,
    "strict-order": 12,
    "soft-failure": 13,
    "image-size": 14,
    content: 18,
    uri: 21,
    "source-component": 22,
    "invoke-args": 23,
    "device-identifier": 24,
    "fetch-arguments": 25,
    "use-before": 4,
  },
} as const;

export const digestAlgorithmLabel = { "sha-256": -16, "sha-384": -43, "sha-512": -44 } as const;

/** COSE structures that may stand in the authentication wrapper (RFC 9052). Only `sign1` can be verified. */
export const blockTag = { mac0: 17, sign1: 18, mac: 97, sign: 98 } as const;

/** RFC 9090: a private enterprise number as a relative object identifier, in place of a vendor UUID. */
export const penTag = 112;

export const manifestVersion = 1;

/** Four reporting bits. */
export const maxRepPolicy = 15;

/** Labels below this one are private ("custom"); the draft puts the number itself in two ranges, so it is never used. */
export const customBelow = -256;
