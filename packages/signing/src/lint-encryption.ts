import { decode } from "@sumac/cbor";
import { encryptTag } from "@sumac/cose";
import { parseEncryptionInfo } from "@sumac/suit";
import { type Finding, finding } from "./finding.ts";
import { commandsOf, type Sections } from "./walk-manifest.ts";

/** The encryption-info parameters, which the manifest parser passes on unread. */
export function lintEncryption(sections: Sections, file: Uint8Array): Finding[] {
  const findings: Finding[] = [];
  for (const command of commandsOf(sections)) {
    if (command.kind !== "override-parameters" && command.kind !== "set-parameters") continue;
    const { encryptionInfo } = command.parameters;
    if (encryptionInfo === undefined) continue;
    const baseOffset = encryptionInfo.byteOffset - file.byteOffset;
    const parsed = parseEncryptionInfo(encryptionInfo, baseOffset);
    if (!parsed.ok) {
      const offset = "offset" in parsed.error ? parsed.error.offset : baseOffset;
      const because = parsed.error.code === "malformed" ? parsed.error.reason : parsed.error.code;
      findings.push(finding(offset, { code: "encryption-info-invalid", because }));
      continue;
    }
    const strict = decode(encryptionInfo, { field: "encryption-info", baseOffset, tags: [encryptTag] });
    if (!strict.ok) findings.push(finding(strict.error.offset, { code: "encryption-header-unsorted" }));
  }
  return findings;
}
