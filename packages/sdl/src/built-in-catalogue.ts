import { createHash } from "node:crypto";
import { canonicalBytes, type JsonValue } from "./canonical-json.ts";
import { builtInCatalogue, builtInSource } from "./catalogue.ts";

export { builtInCatalogue };

/** SHA-256 over the canonical JSON of the catalogue: white space in the file does not change an edition. */
export const builtInCatalogueDigest: string = createHash("sha256")
  .update(canonicalBytes(builtInSource as unknown as JsonValue))
  .digest("hex");
