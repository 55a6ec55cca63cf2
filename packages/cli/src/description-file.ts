import { maxDescriptionBytes, parseReleaseDescription, type ReleaseDescription } from "@sumac/signing";
import { readWhole } from "./bound-read.ts";
import type { Io } from "./io.ts";
import { orFail } from "./signing-failure.ts";

/** The name that a release description has unless --config gives another one. */
export const defaultDescription = "sumac.yaml";

export const readDescription = async (io: Io, name: string): Promise<ReleaseDescription> =>
  orFail(parseReleaseDescription(await readWhole(io, name, "a release description", maxDescriptionBytes)));
