import { bytesToHex } from "@sumac/crypto";
import type { ImageVersion, McubootImage, Tlv } from "@sumac/mcuboot";
import { humanSize } from "./terminal.ts";

/** As MCUboot's tools write it; a build number of zero is left out. */
export const imageVersionText = ({ major, minor, revision, build }: ImageVersion): string =>
  `${major}.${minor}.${revision}${build === 0 ? "" : `+${build}`}`;

/** What an image says of itself, in lines for people. Nothing of it is believed. */
export function imageLines(image: McubootImage): string[] {
  const { header, securityCounter, dependencies, tlvs, length, received, trailer } = image;
  return [
    `version           ${imageVersionText(header.version)}`,
    `security counter  ${securityCounter ?? "none: a boot loader with rollback protection refuses it"}`,
    ...dependencies.map(
      ({ image: number, minVersion }) =>
        `needs image ${number}     at version ${imageVersionText(minVersion)} or newer`,
    ),
    `payload           ${humanSize(header.imageSize)} after a header area of ${header.headerSize} bytes`,
    ...(header.loadAddress === 0 ? [] : [`load address      0x${header.loadAddress.toString(16).padStart(8, "0")}`]),
    ...(header.flags.length === 0 ? [] : [`flags             ${header.flags.join(", ")}`]),
    ...(header.unknownFlags === 0 ? [] : [`unknown flags     0x${header.unknownFlags.toString(16)}`]),
    trailer === undefined
      ? `image             ${humanSize(length)}`
      : `image             ${humanSize(length)} in a slot of ${humanSize(received.length)}, ${trailer.imageOk === "confirmed" ? "confirmed" : "to be tried once"}`,
    "TLVs",
    ...tlvs.map(tlvLine),
  ];
}

function tlvLine({ area, type, name, offset, value }: Tlv): string {
  const where = `${String(offset).padStart(8)}  ${area === "protected" ? "signed  " : "unsigned"}`;
  const shown =
    value.length > 80 ? `${bytesToHex(value.subarray(0, 32))}... (${value.length} bytes)` : bytesToHex(value);
  return `${where}  0x${type.toString(16).padStart(2, "0")} ${(name ?? "unassigned").padEnd(17)} ${shown}`;
}
