import { dependencyPart } from "./dependency-part.ts";
import { extensionConditions } from "./extension-conditions.ts";
import { ruleOf } from "./trust-record.ts";
import type { VerifierParts } from "./verifier-parts.ts";

export const everyPart: VerifierParts = { conditions: extensionConditions, dependencies: dependencyPart, ruleOf };
