import type { InconsistentEnvelope } from "./envelope-consistency.ts";
import { say, type Words, words } from "./words.ts";

const original = "fetch the original envelope, or build it again";

export const envelopeWords: Words<InconsistentEnvelope> = {
  malformed: ({ field, offset, reason }) =>
    say(`the bytes are no valid envelope: ${field} at offset ${offset} (${words(reason)})`, original),
  "too-large": ({ size, limit }) =>
    say(`the envelope has ${size} bytes, the limit is ${limit}`, "keep the payload beside the envelope"),
  unsupported: ({ field, label, offset }) =>
    say(`${field} number ${label} at offset ${offset} is not supported`, "build the manifest without it"),
  "limit-exceeded": ({ limit, offset }) =>
    say(`the manifest goes over the limit for ${words(limit)} at offset ${offset}`, "simplify the manifest"),
  "member-unauthenticated": ({ member, offset }) =>
    say(`the envelope carries ${member}, which the manifest does not vouch for (offset ${offset})`, original),
  "severed-member-mismatch": ({ member, offset }) =>
    say(`the ${member} member at offset ${offset} is not the one that the manifest means`, original),
  "severed-member-missing": ({ member }) =>
    say(`the severed ${member} member is not in the envelope`, "use the complete envelope"),
  "manifest-digest-mismatch": ({ claimed, computed }) =>
    say(`the manifest does not match the digest to be signed: it has ${computed}, claimed is ${claimed}`, original),
  "payload-mismatch": ({ uri }) =>
    say(`the integrated payload ${uri} is not an image that the manifest names`, original),
};
