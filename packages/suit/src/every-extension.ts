import type { Extension } from "./extension.ts";
import { firmwareEncryption24 } from "./firmware-encryption-24.ts";
import { trustDomains12 } from "./read-dependencies.ts";
import { updateManagement14 } from "./update-management-14/extension.ts";

/** All that there are, for those who describe what they would refuse to run. */
export const everyExtension: readonly Extension[] = [trustDomains12, updateManagement14, firmwareEncryption24];
