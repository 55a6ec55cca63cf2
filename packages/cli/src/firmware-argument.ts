import { type FirmwareImage, type ReleaseDescription, readFirmwareImage } from "@sumac/signing";
import { readWhole } from "./bound-read.ts";
import { usage } from "./failure.ts";
import type { Io } from "./io.ts";
import { orFail } from "./signing-failure.ts";

/** Text formats and ELF files with debug information are several times the size of the image in them. */
const maxFirmwareFileBytes = 256 * 1024 * 1024;

export type FirmwareFormat = "detect" | FirmwareImage["format"];

export async function readFirmware(io: Io, name: string, format: FirmwareFormat): Promise<FirmwareImage> {
  const bytes = await readWhole(io, name, "a firmware file", maxFirmwareFileBytes);
  return orFail(readFirmwareImage(bytes, { format }));
}

/**
 * Files for the components after the first, in their order: `--image ID=FILE`, where ID is the component identifier with
 * `/` between its segments. Whether each component has one is left to who builds the release.
 */
export function furtherFirmware(values: readonly string[], { components }: ReleaseDescription): readonly string[] {
  const ids = components.slice(1).map(({ id }) => id.join("/"));
  const files = new Map<string, string>();
  for (const value of values) {
    const id = ids.find((name) => value.startsWith(`${name}=`));
    if (id === undefined) {
      const remedy =
        ids.length === 0
          ? "leave it out: the description has one component"
          : `give ID=FILE with one of: ${ids.join(", ")}`;
      throw usage("bad-value", `--image ${value} names no component after the first`, remedy);
    }
    if (files.has(id)) throw usage("option-repeated", `--image names ${id} twice`, "give each image once");
    files.set(id, value.slice(id.length + 1));
  }
  return ids.flatMap((id) => files.get(id) ?? []);
}
