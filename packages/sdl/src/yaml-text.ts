import { stringify } from "yaml";
import type { FileKind, KindContent } from "./file-kinds.ts";

/** Where the schemas lie, seen from the file: `sumac sdl init` puts them into `.sdl/schemas`. */
export const schemaHint = (kind: FileKind, schemas: string): string =>
  `# yaml-language-server: $schema=${schemas}/${kind}.schema.json\n`;

/** A file as a person would write it, with the hint for editors in its first line. The same value gives the same text. */
export const yamlText = <Kind extends FileKind>(kind: Kind, value: KindContent[Kind], schemas: string): string =>
  schemaHint(kind, schemas) + stringify(value, { lineWidth: 100, aliasDuplicateObjects: false });

/** `schemas` as seen from a path below `.sdl/`. */
export const schemasFrom = (path: string): string => {
  const depth = path.split("/").length - 1;
  return depth === 0 ? "./schemas" : `${"../".repeat(depth)}schemas`;
};
