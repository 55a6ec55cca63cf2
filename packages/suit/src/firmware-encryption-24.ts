import { expectBytes } from "./expect-item.ts";
import type { Extension } from "./extension.ts";
import { tableOf } from "./grammar.ts";
import type { ParameterReaders } from "./parse-parameters.ts";

/** The one number of draft-ietf-suit-firmware-encryption-24 in a manifest ("TBD19" there). Needs `Limits.extensions`. */
export const firmwareEncryption = { parameter: { "encryption-info": 19 } } as const;

const parameters: ParameterReaders<"encryption-info"> = { "encryption-info": expectBytes };

export const firmwareEncryption24: Extension = {
  name: "firmware-encryption",
  draft: "draft-ietf-suit-firmware-encryption-24",
  parameter: tableOf(firmwareEncryption.parameter, parameters),
};
