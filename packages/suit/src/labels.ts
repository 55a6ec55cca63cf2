/** Every number of the wire format, written once (draft-ietf-suit-manifest-37; rows marked UM are from update-management-14, TD from trust-domains-12). */
export const suitDraft = "draft-ietf-suit-manifest-37";

export const envelopeTag = 107;

export const envelopeLabel = {
  "authentication-wrapper": 2,
  manifest: 3,
} as const;

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

/** Members that may stand in the envelope under the same number, with only their digest in the manifest. */
export const severableLabel: Pick<typeof manifestLabel, "payload-fetch" | "install" | "text"> = {
  "payload-fetch": manifestLabel["payload-fetch"],
  install: manifestLabel.install,
  text: manifestLabel.text,
};

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

/** COSE structures that may stand in the authentication wrapper (RFC 9052). Only `sign1` can be verified. */
export const blockTag = { mac0: 17, sign1: 18, mac: 97, sign: 98 } as const;

/** RFC 9090: a private enterprise number as a relative object identifier, in place of a vendor UUID. */
export const penTag = 112;

export const manifestVersion = 1;

/** Four reporting bits. */
export const maxRepPolicy = 15;

/** Labels below this one are private ("custom"); the draft puts the number itself in two ranges, so it is never used. */
export const customBelow = -256;

/** The name a registry gives to a number, or undefined. */
export function nameOf<Name extends string>(registry: Readonly<Record<Name, number>>, label: number): Name | undefined {
  for (const name in registry) if (registry[name] === label) return name;
  return undefined;
}
