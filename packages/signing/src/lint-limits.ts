import { defaultLimits, everyExtension, type Limits } from "@sumac/suit";

/** Lint reads whatever any recipient may read; which extensions one has, its profile says. */
export const lintLimits: Limits = { ...defaultLimits, extensions: everyExtension };
