import { err, ok, type Result } from "@sumac/cbor";
import { isWritableSegment } from "../path-pattern.ts";
import { isWritableRoleName, lineRoleName } from "../role-name.ts";
import { delegationsOf, findDelegation, withDelegations } from "./delegation-change.ts";
import type { DraftContext } from "./draft-context.ts";
import type { WireDelegation, WireTargets } from "./wire-metadata.ts";
import type { ChangeRefusal } from "./writer-refusal.ts";

/** No role file goes beyond it: about 18 kB that every device of the line fetches at each release. */
export const maxTargetsOfRole = 100;

/** A full role is not the moment to hold a ceremony for the next one. */
export const splitDueAt = 80;

/** A part of a line, as the second segment of its paths: `dx9-2026`. */
export const groupOf = (model: string, year: number): string => `${model}-${year}`;

/** The role of a part of a line. Dots and underscores may stand in a model, not in the name of a role. */
export const groupRoleName = (line: string, group: string): string =>
  `${lineRoleName(line)}-${group.replaceAll(/[._]/g, "-")}`;

export interface Split {
  readonly line: string;
  /** Models that the line's own role lists already: it keeps these, at the paths they have. */
  readonly listed: readonly string[];
  /** Models that release from now on, and the year their new roles are for. */
  readonly models: readonly string[];
  readonly year: number;
}

/**
 * Splits a line by model and year. The line's role is narrowed to what it lists, so that no path is in two terminating
 * delegations; each model of the year has a role of its own with the keys of the line. Splitting again, for another
 * year or model, adds roles.
 */
export function splitLine(
  current: WireTargets,
  { line, listed, models, year }: Split,
  context: DraftContext,
): Result<WireTargets, ChangeRefusal> {
  const found = findDelegation(current, lineRoleName(line));
  if (!found.ok) return found;
  const added: WireDelegation[] = [];
  for (const model of models) {
    const group = groupOf(model, year);
    const name = groupRoleName(line, group);
    if (!isWritableSegment(model) || !isWritableSegment(group) || !isWritableRoleName(name)) {
      return err({ code: "name-not-writable", what: "model", name: model });
    }
    added.push({ ...found.value, name, paths: [`${line}/${group}/*`] });
  }
  if (added.length === 0) return err({ code: "nothing-to-change", role: found.value.name });
  const before = delegationsOf(current);
  const roles = before.roles.map((role) => (role === found.value ? narrowed(role, line, listed) : role));
  return withDelegations(current, { ...before, roles: [...roles, ...added] }, context);
}

/** A line that lists nothing keeps a path that nothing is at: a delegation without paths is none. */
function narrowed(role: WireDelegation, line: string, listed: readonly string[]): WireDelegation {
  if (!role.paths.includes(`${line}/*/*`)) return role;
  const models = [...new Set(listed)].sort();
  return { ...role, paths: models.length === 0 ? [`${line}/unsplit/*`] : models.map((model) => `${line}/${model}/*`) };
}

/** Where a release goes: the role whose pattern has the path, of a split line the one of model and year. */
export function placeRelease(
  targets: WireTargets,
  { line, model, year, version }: { line: string; model: string; year: number; version: string },
): Result<{ readonly role: WireDelegation; readonly path: string }, ChangeRefusal> {
  const whole = findDelegation(targets, lineRoleName(line));
  if (!whole.ok) return whole;
  const isSplit = !whole.value.paths.includes(`${line}/*/*`);
  const group = isSplit ? groupOf(model, year) : model;
  const path = `${line}/${group}/${version}.suit`;
  if (![line, group, `${version}.suit`].every(isWritableSegment)) {
    return err({ code: "name-not-writable", what: "path", name: path });
  }
  if (!isSplit) return ok({ role: whole.value, path });
  const role = findDelegation(targets, groupRoleName(line, group));
  return role.ok ? ok({ role: role.value, path }) : role;
}
