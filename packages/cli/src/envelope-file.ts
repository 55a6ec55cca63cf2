import { defaultLimits } from "@sumac/suit";
import { readBounded } from "./bound-read.ts";
import { exitCode } from "./exit-code.ts";
import { Failure } from "./failure.ts";
import type { Io } from "./io.ts";

/** Reads an envelope file, or standard input for `-`. What is larger than any verifier accepts is not even parsed. */
export async function readEnvelopeFile(io: Io, name: string): Promise<Uint8Array> {
  const limit = defaultLimits.maxBytes;
  const { bytes, size } = await readBounded(io, name, limit);
  if (size <= limit) return bytes;
  throw new Failure({
    code: "too-large",
    problem: `${name} has ${size} bytes, an envelope has at most ${limit}`,
    remedy: "give the .suit file, not the payload",
    exit: exitCode.refused,
  });
}
