import { isSeq, parseDocument } from "yaml";

/** One change of a file: a member set, or an item put at the end of a list. */
export type YamlEdit =
  | { readonly set: readonly (string | number)[]; readonly to: unknown }
  | { readonly add: readonly (string | number)[]; readonly item: unknown };

/** The text with the changes made; comments and order stay. The caller checks the outcome like any other file. */
export function editYaml(text: string, edits: readonly YamlEdit[]): string {
  const document = parseDocument(text, { schema: "core", version: "1.2" });
  for (const edit of edits) {
    if ("set" in edit) document.setIn(edit.set, document.createNode(edit.to));
    else {
      const list = document.getIn(edit.add, true);
      // An empty list in flow style would go on in one long line.
      if (isSeq(list)) {
        list.flow = false;
        list.add(document.createNode(edit.item));
      } else document.setIn(edit.add, document.createNode([edit.item]));
    }
  }
  return document.toString({ lineWidth: 100 });
}
