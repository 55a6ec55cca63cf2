import { coreLimits, type Limits } from "./core-limits.ts";
import { readText } from "./read-text.ts";

export type { Limits, TextReader } from "./core-limits.ts";

export const defaultLimits: Limits = { ...coreLimits, readText };
