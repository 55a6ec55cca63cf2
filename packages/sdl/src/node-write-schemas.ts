// Writes schemas/*.schema.json: node packages/sdl/src/node-write-schemas.ts
import { writeFileSync } from "node:fs";
import path from "node:path";
import { fileKinds, schemaFile } from "./file-kinds.ts";

for (const kind of fileKinds) {
  const file = path.join(import.meta.dirname, "..", "schemas", `${kind}.schema.json`);
  writeFileSync(file, `${JSON.stringify(schemaFile(kind), null, 2)}\n`);
}
