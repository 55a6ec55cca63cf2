import type { Parameters } from "./command.ts";
import type { ParameterName } from "./parse-parameters.ts";

/** What the draft calls a parameter. */
export const parameterName: { readonly [Key in keyof Required<Parameters>]: ParameterName } = {
  vendorIdentifier: "vendor-identifier",
  classIdentifier: "class-identifier",
  deviceIdentifier: "device-identifier",
  imageDigest: "image-digest",
  imageSize: "image-size",
  useBefore: "use-before",
  componentSlot: "component-slot",
  strictOrder: "strict-order",
  softFailure: "soft-failure",
  content: "content",
  uri: "uri",
  sourceComponent: "source-component",
  invokeArgs: "invoke-args",
  fetchArguments: "fetch-arguments",
  encryptionInfo: "encryption-info",
  updatePriority: "update-priority",
  version: "version",
};
