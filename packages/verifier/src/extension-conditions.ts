import { versionMatches } from "@sumac/suit";
import { compareImages } from "./component-images.ts";
import { type ConditionJudges, expectedImage } from "./conditions.ts";

/** The conditions of update-management and trust-domains. */
export const extensionConditions: ConditionJudges = {
  "image-not-match": (parameters, { images, target }) => {
    const expected = expectedImage(parameters);
    if (expected === undefined) return false;
    const comparison = compareImages(images.image(target), expected);
    return comparison === "unknown" ? comparison : comparison === "different";
  },
  version: ({ version }, { recipient, target }) => {
    if (version === undefined || recipient.components === "any") return version !== undefined;
    const installed = target.known?.version;
    return installed === undefined ? "unknown" : versionMatches(version, installed);
  },
  "is-dependency": (_parameters, { target }) => target.dependency !== undefined,
};
