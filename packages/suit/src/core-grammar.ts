import type { Grammar } from "./grammar.ts";
import type { Scope } from "./layer.ts";
import type { Limits } from "./limits.ts";
import { coreParameters } from "./parse-parameters.ts";
import { coreCommands } from "./read-commands.ts";
import { coreCommon, coreManifest } from "./read-manifest.ts";

/** What manifest-37 says, and `use-before`. */
const coreGrammar: Grammar = {
  manifest: coreManifest,
  common: coreCommon,
  command: coreCommands,
  parameter: coreParameters,
  severable: ["payload-fetch", "install", "text"],
};

/** What holds at the start of a layer: the core and the extensions that are on, nothing spent yet. */
export const scopeAt = (limits: Limits, depth: number, place?: Partial<Scope>): Scope => ({
  limits,
  depth,
  grammars: [coreGrammar, ...limits.extensions],
  budget: { commands: limits.maxCommands },
  section: "own",
  nesting: "top",
  componentCount: 0,
  ...place,
});
