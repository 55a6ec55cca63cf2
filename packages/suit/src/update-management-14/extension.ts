import { expectInteger } from "../expect-item.ts";
import type { Extension } from "../extension.ts";
import { tableOf } from "../grammar.ts";
import type { ParameterReaders } from "../parse-parameters.ts";
import { readCondition } from "../read-commands.ts";
import type { MemberReaders } from "../read-manifest.ts";
import { updateManagement } from "./labels.ts";
import { readVersion, readVersionMatch } from "./version.ts";

const members: MemberReaders<"set-version"> = { "set-version": readVersion };
const parameters: ParameterReaders<keyof typeof updateManagement.parameter> = {
  "update-priority": expectInteger,
  version: readVersionMatch,
};

/** UNSTABLE, see `labels.ts` beside this file. */
export const updateManagement14: Extension = {
  name: "update-management-14",
  draft: "draft-ietf-suit-update-management-14",
  manifest: tableOf(updateManagement.manifest, members),
  command: tableOf(updateManagement.condition, {}, readCondition),
  parameter: tableOf(updateManagement.parameter, parameters),
};
