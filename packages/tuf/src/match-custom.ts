import { err, ok, type Result } from "@sumac/cbor";
import type { JsonObject, JsonValue } from "./json-value.ts";
import type { CustomMismatch } from "./refusal.ts";

/** What a verified envelope says about itself, in the words of `custom` (tuf.md 5). */
export interface EnvelopeFacts {
  /** Product line of the role whose keys signed the envelope. */
  readonly line: string;
  /** UUID, lower case with dashes. */
  readonly vendorId: string;
  readonly classId: string;
  readonly deviceId?: string;
  readonly sequence: bigint;
  /** Of the components that the manifest writes; their order means nothing. */
  readonly components: readonly string[];
  /** Media type and manifest version. */
  readonly envelopeType: string;
}

/** The same facts as `custom` of a target; what a writer puts there. */
export const customMembers = [
  "line",
  "vendor_id",
  "class_id",
  "device_id",
  "sequence",
  "components",
  "envelope_type",
] as const;
export type CustomMember = (typeof customMembers)[number];

/**
 * The rule that a target's `custom` SHALL match its envelope: every member, none missing on either side. Call it after the
 * envelope was verified; `custom` alone never decides anything. `role` is the one that lists the target.
 */
export function matchCustom(
  found: { readonly path: string; readonly role: string; readonly custom: JsonObject | undefined },
  envelope: EnvelopeFacts,
): Result<"match", CustomMismatch> {
  const line = found.path.split("/")[0] ?? "";
  for (const member of customMembers) {
    const tuf = said(found.custom?.members.get(member), member);
    const suit = facts(envelope)[member];
    if (tuf !== suit) return err({ code: "custom-mismatch", member, tuf, suit });
  }
  // The path decides which role may list a target, so it must speak of the same line too.
  if (line !== envelope.line) return err({ code: "custom-mismatch", member: "line", tuf: line, suit: envelope.line });
  const own = `line-${envelope.line}`;
  if (found.role !== own && !found.role.startsWith(`${own}-`)) {
    return err({ code: "custom-mismatch", member: "line", tuf: found.role, suit: envelope.line });
  }
  return ok("match");
}

const facts = (envelope: EnvelopeFacts): Readonly<Record<CustomMember, string | null>> => ({
  line: envelope.line,
  vendor_id: envelope.vendorId,
  class_id: envelope.classId,
  device_id: envelope.deviceId ?? null,
  sequence: String(envelope.sequence),
  components: listed(envelope.components),
  envelope_type: envelope.envelopeType,
});

/** Member of a target's `custom` as text that is equal exactly if the values are; null if it is not there. */
export function customText(custom: JsonObject | undefined, member: CustomMember): string | null {
  return said(custom?.members.get(member), member);
}

/** A value of another type than the member's can equal nothing. */
function said(value: JsonValue | undefined, member: CustomMember): string | null {
  if (value === undefined) return null;
  if (member === "sequence") return value.kind === "integer" ? String(value.value) : `a ${value.kind}`;
  if (member !== "components") return value.kind === "string" ? value.value : `a ${value.kind}`;
  if (value.kind !== "array") return `a ${value.kind}`;
  return listed(value.items.map((item) => (item.kind === "string" ? item.value : `a ${item.kind}`)));
}

/** As a JSON text, so that no name can look like two. */
const listed = (names: readonly string[]): string => JSON.stringify([...names].sort());
