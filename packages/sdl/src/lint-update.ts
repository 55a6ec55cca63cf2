import type { Complain, Names } from "./lint.ts";
import type { ProductModel } from "./product-model.ts";
import type { Located } from "./yaml-file.ts";

export function lintUpdates(model: ProductModel, names: Names, complain: Complain): void {
  for (const [id, { doc, qualification }] of model.updates) {
    if (doc !== undefined) {
      const { value } = doc;
      if (value.id !== id) complain("sdl/id-mismatch", doc, ["id"], `${value.id} in updates/${id}`);
      fixesExist(doc, value.fixes, names, complain);
      person(doc, ["approved_by"], value.approved_by, names, complain);
      value.applies_to.forEach(({ version, hw }, index) => {
        cellExists(doc, ["applies_to", index], { version, hw }, names, complain);
      });
    }
    if (qualification !== undefined) {
      const { value } = qualification;
      if (value.update !== id)
        complain("sdl/id-mismatch", qualification, ["update"], `${value.update} in updates/${id}`);
      fixesExist(qualification, value.fixes, names, complain);
      person(qualification, ["tester"], value.tester, names, complain);
      person(qualification, ["approver"], value.approver, names, complain);
      value.cells.forEach(({ from, hw, configuration }, index) => {
        cellExists(qualification, ["cells", index], { version: from, hw, configuration }, names, complain);
      });
    }
  }
}

function person(file: Located<unknown>, path: readonly string[], id: string, names: Names, complain: Complain): void {
  if (!names.people.has(id)) complain("sdl/unknown-person", file, path, id);
}

function fixesExist(file: Located<unknown>, fixes: readonly string[], names: Names, complain: Complain): void {
  fixes.forEach((issue, index) => {
    if (!names.issues.has(issue)) complain("sdl/unknown-issue", file, ["fixes", index], issue);
  });
}

function cellExists(
  file: Located<unknown>,
  path: readonly (string | number)[],
  cell: { readonly version: string; readonly hw: string; readonly configuration?: string },
  names: Names,
  complain: Complain,
): void {
  if (!names.versions.has(cell.version)) complain("sdl/unknown-version", file, path, cell.version);
  if (!names.hardware.has(cell.hw)) complain("sdl/unknown-hardware", file, path, cell.hw);
  if (cell.configuration !== undefined && !names.configurations.has(cell.configuration)) {
    complain("sdl/unknown-configuration", file, path, cell.configuration);
  }
}

export function lintReleases(model: ProductModel, names: Names, complain: Complain): void {
  for (const file of model.many.release.values()) {
    const { update, guides, update_kind, mixed_reason } = file.value;
    if (!names.updates.has(update)) complain("sdl/unknown-update", file, ["update"], update);
    guides.forEach(({ id }, index) => {
      if (!names.guides.has(id)) complain("sdl/unknown-guide", file, ["guides", index, "id"], id);
    });
    if (update_kind === "mixed" && mixed_reason === undefined)
      complain("G7-update-kind", file, ["update_kind"], file.value.id);
  }
}
