import { checkFile } from "../file-check.ts";
import type { FileFacts } from "../metadata.ts";
import type { TimedContext } from "./refresh-context.ts";
import { fetchFile, type Steps } from "./step.ts";
import { refuseTuf } from "./verified-file.ts";

/** A file whose length, and mostly digest, other metadata has signed. Its version is the caller's to compare. */
export function* fetchListed(
  path: string,
  listed: FileFacts,
  cap: number,
  { policy, crypto }: TimedContext,
): Steps<Uint8Array> {
  if (listed.length !== undefined && listed.length > cap) refuseTuf({ code: "too-large", file: path, limit: cap });
  const answer = yield* fetchFile(path, listed.length ?? cap);
  switch (answer) {
    case "absent":
      return refuseTuf({ code: "file-missing", file: path });
    case "unreachable":
      return refuseTuf({ code: "not-stored", file: path });
    case "stalled":
      return refuseTuf({ code: "stalled", file: path });
    case "too-large":
      return listed.length === undefined
        ? refuseTuf({ code: "too-large", file: path, limit: cap })
        : refuseTuf({ code: "length-mismatch", file: path, expected: listed.length, received: undefined });
  }
  const refusal = checkFile(path, answer, listed, policy.digests, crypto);
  return refusal === undefined ? answer : refuseTuf(refusal);
}
