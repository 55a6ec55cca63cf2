import { firmwareEncryption } from "./firmware-encryption-24.ts";
import { coreLabels } from "./manifest-37.ts";
import { trustDomains } from "./trust-domains-12.ts";
import { updateManagement } from "./update-management-14/labels.ts";

/**
 * The registries of the wire format with the rows of all extensions, for those who write or describe. A parser goes by the
 * tables of its grammar instead, so that it understands nothing that was not asked for.
 */
export {
  blockTag,
  customBelow,
  digestAlgorithmLabel,
  envelopeLabel,
  envelopeTag,
  manifestVersion,
  maxRepPolicy,
  penTag,
  suitDraft,
} from "./manifest-37.ts";
export { nameOf } from "./name-of.ts";

export const manifestLabel: typeof coreLabels.manifest &
  typeof trustDomains.manifest &
  typeof updateManagement.manifest = {
  ...coreLabels.manifest,
  ...trustDomains.manifest,
  ...updateManagement.manifest,
};

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

export const commonLabel: typeof coreLabels.common & typeof trustDomains.common = {
  ...coreLabels.common,
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

export const conditionLabel: typeof coreLabels.condition &
  typeof trustDomains.condition &
  typeof updateManagement.condition = {
  ...coreLabels.condition,
  ...trustDomains.condition,
  ...updateManagement.condition,
};

export const directiveLabel: typeof coreLabels.directive & typeof trustDomains.directive = {
  ...coreLabels.directive,
  ...trustDomains.directive,
};

export const parameterLabel: typeof coreLabels.parameter &
  typeof updateManagement.parameter &
  typeof firmwareEncryption.parameter = {
  ...coreLabels.parameter,
  ...updateManagement.parameter,
  ...firmwareEncryption.parameter,
};
