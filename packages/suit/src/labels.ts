/** Every number of the wire format, written once (draft-ietf-suit-manifest-37; rows marked UM are from update-management-14, TD from trust-domains-12). */
export const suitDraft = "draft-ietf-suit-manifest-37";

export const envelopeTag = 107;

export const envelopeLabel = {
  "authentication-wrapper": 2,
  manifest: 3,
} as const;

/** Manifest keys. Those from 14 on, but for uninstall, can be severed into the envelope under the same number. */
export const manifestLabel = {
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
} as const;

export const commonLabel = { components: 2, "shared-sequence": 4 } as const;

export const textLabel = {
  "manifest-description": 1,
  "update-description": 2,
  "manifest-json-source": 3,
  "manifest-yaml-source": 4,
} as const;

export const componentTextLabel = {
  "vendor-name": 1,
  "model-name": 2,
  "vendor-domain": 3,
  "model-info": 4,
  "component-description": 5,
  "component-version": 6,
} as const;

export const conditionLabel = {
  "vendor-identifier": 1,
  "class-identifier": 2,
  "image-match": 3,
  "use-before": 4, // UM
  "component-slot": 5,
  "check-content": 6,
  abort: 14,
  "device-identifier": 24,
} as const;

export const directiveLabel = {
  "set-component-index": 12,
  "try-each": 15,
  write: 18,
  "override-parameters": 20,
  fetch: 21,
  copy: 22,
  invoke: 23,
  swap: 31,
  "run-sequence": 32,
} as const;

export const parameterLabel = {
  "vendor-identifier": 1,
  "class-identifier": 2,
  "image-digest": 3,
  "use-before": 4, // UM
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
} as const;

export const digestAlgorithmLabel = { "sha-256": -16, "sha-384": -43, "sha-512": -44 } as const;
