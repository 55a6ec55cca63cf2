import { firmwareEncryption } from "./firmware-encryption-24.ts";
import { trustDomains } from "./trust-domains-12.ts";
import { updateManagement, useBefore } from "./update-management-14/labels.ts";

/**
 * Every number of the wire format, written once: here those of draft-ietf-suit-manifest-37, joined by the rows of the
 * extensions, which have a file each. Whether a row of an extension may be used, `isEnabled` says.
 */
export const suitDraft = "draft-ietf-suit-manifest-37";

export const envelopeTag = 107;

export const envelopeLabel = {
  "authentication-wrapper": 2,
  manifest: 3,
} as const;

const coreManifestLabel = {
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

export const manifestLabel: typeof coreManifestLabel & typeof trustDomains.manifest & typeof updateManagement.manifest =
  { ...coreManifestLabel, ...trustDomains.manifest, ...updateManagement.manifest };

/** Members that may stand in the envelope under the same number, with only their digest in the manifest. */
export const severableLabel: Pick<
  typeof manifestLabel,
  "dependency-resolution" | "payload-fetch" | "candidate-verification" | "install" | "text"
> = {
  "dependency-resolution": manifestLabel["dependency-resolution"],
  "payload-fetch": manifestLabel["payload-fetch"],
  "candidate-verification": manifestLabel["candidate-verification"],
  install: manifestLabel.install,
  text: manifestLabel.text,
};

const coreCommonLabel = { components: 2, "shared-sequence": 4 } as const;
export const commonLabel: typeof coreCommonLabel & typeof trustDomains.common = {
  ...coreCommonLabel,
  ...trustDomains.common,
};

/** What is said of one dependency. */
export const dependencyLabel: typeof trustDomains.dependency = trustDomains.dependency;

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

const coreConditionLabel = {
  "vendor-identifier": 1,
  "class-identifier": 2,
  "image-match": 3,
  "component-slot": 5,
  "check-content": 6,
  abort: 14,
  "device-identifier": 24,
} as const;

export const conditionLabel: typeof coreConditionLabel &
  typeof useBefore.condition &
  typeof trustDomains.condition &
  typeof updateManagement.condition = {
  ...coreConditionLabel,
  ...useBefore.condition,
  ...trustDomains.condition,
  ...updateManagement.condition,
};

const coreDirectiveLabel = {
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

export const directiveLabel: typeof coreDirectiveLabel & typeof trustDomains.directive = {
  ...coreDirectiveLabel,
  ...trustDomains.directive,
};

const coreParameterLabel = {
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
} as const;

export const parameterLabel: typeof coreParameterLabel &
  typeof useBefore.parameter &
  typeof updateManagement.parameter &
  typeof firmwareEncryption.parameter = {
  ...coreParameterLabel,
  ...useBefore.parameter,
  ...updateManagement.parameter,
  ...firmwareEncryption.parameter,
};

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
  let names = namesByLabel.get(registry) as ReadonlyMap<number, Name> | undefined;
  if (names === undefined) {
    names = new Map((Object.keys(registry) as Name[]).map((name) => [registry[name], name]));
    namesByLabel.set(registry, names);
  }
  return names.get(label);
}

/** The registries turned round, each once: every key and command of a manifest is looked up. */
const namesByLabel = new WeakMap<object, ReadonlyMap<number, string>>();
