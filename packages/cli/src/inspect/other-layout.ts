import { type OtherLayout, otherLayoutWords, recogniseOtherLayout } from "@sumac/suit";
import { type Failure, malformedInput } from "../failure.ts";

const remedies: Readonly<Record<OtherLayout, string>> = {
  untagged: "ask its sender for the tagged form, or put the two bytes D8 6B in front of the file",
  "install-before-27":
    "have the release built again for draft-ietf-suit-manifest-37; signatures cannot be carried over",
  "draft-09": "have the release built again for draft-ietf-suit-manifest-37; signatures cannot be carried over",
};

/** For a file that was refused: what relative of an envelope it is, and what to do. Undefined: none that is known. */
export function otherLayoutFailure(bytes: Uint8Array, name: string): Failure | undefined {
  const layout = recogniseOtherLayout(bytes);
  if (layout === undefined) return undefined;
  return malformedInput("other-layout", `${name} is ${otherLayoutWords[layout]}`, remedies[layout]);
}
