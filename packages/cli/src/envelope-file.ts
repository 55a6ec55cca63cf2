import { defaultLimits } from "@sumac/suit";
import { type BoundRead, readBounded } from "./bound-read.ts";
import { exitCode } from "./exit-code.ts";
import { Failure } from "./failure.ts";
import type { Io } from "./io.ts";

/** Reads an envelope file, or standard input for `-`. What is larger than any verifier accepts is not even parsed. */
export const readEnvelopeFile = async (io: Io, name: string): Promise<Uint8Array> =>
  asEnvelope(await readBounded(io, name, defaultLimits.maxBytes), name);

/** The bytes of a file that was read with a higher limit, if it can be an envelope. */
export function asEnvelope({ bytes, size }: BoundRead, name: string): Uint8Array {
  const limit = defaultLimits.maxBytes;
  if (size <= limit) return bytes;
  throw new Failure({
    code: "too-large",
    problem: `${name} has ${size} bytes, an envelope has at most ${limit}`,
    remedy: "give the .suit file, not the payload",
    exit: exitCode.refused,
  });
}
