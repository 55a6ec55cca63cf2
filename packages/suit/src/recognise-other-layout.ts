import { type CborItem, type CborMap, decode, lookUp } from "@sumac/cbor";
import { concatBytes } from "@sumac/crypto";
import { envelopeLabel, envelopeTag } from "./labels.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { parseEnvelope } from "./parse-envelope.ts";

/** Wire formats that people meet under the name of SUIT and that are not the one read here (suit.md 2.2, 10, 11). */
export type OtherLayout = "untagged" | "install-before-27" | "draft-09";

/** Completes the sentence "the file is ...". */
export const otherLayoutWords: Readonly<Record<OtherLayout, string>> = {
  untagged:
    "an envelope without its tag 107, as TEEP brokers pass them on; put D8 6B in front, it lies outside every digest",
  "install-before-27": "an envelope of a draft before -27, with install under key 17 (Nordic SDKs wrote these)",
  "draft-09": "an envelope of an early draft such as -09 of 2020, with validate under key 10 (RIOT still writes these)",
};

/** Keys that manifests had up to the drafts around -14 and that nothing has today: validate, load, run, text. */
const earlyManifestKeys = [10, 11, 12, 13];
const installBefore27 = 17;
const sign1Tag = 18;

/**
 * What a file is that `parseEnvelope` or `parseManifest` refused, if it is a relative; for a hint to a person, never as
 * a second way in. Never throws, and spends no more than one more parse.
 */
export function recogniseOtherLayout(bytes: Uint8Array, limits: Limits = defaultLimits): OtherLayout | undefined {
  if (bytes.length > limits.maxBytes) return undefined;
  const outer = open(bytes);
  const map = outer?.kind === "tagged" ? outer.item : outer;
  if (map?.kind !== "map") return undefined;
  const manifest = openMember(map, envelopeLabel.manifest);
  if (manifest?.kind !== "map") return undefined;

  const wrapper = openMember(map, envelopeLabel["authentication-wrapper"]);
  const first = wrapper?.kind === "array" ? wrapper.items[0] : undefined;
  // Since -10 or so the digest stands first; before, every block carried it.
  const digestInside = first?.kind === "tagged" || (first?.kind === "bytes" && open(first.value)?.kind === "tagged");
  if (digestInside || earlyManifestKeys.some((key) => lookUp(manifest, key) !== undefined)) return "draft-09";
  if ([map, manifest].some((holder) => lookUp(holder, installBefore27) !== undefined)) return "install-before-27";
  const tagged = parseEnvelope(concatBytes(Uint8Array.of(0xd8, envelopeTag), bytes), {
    ...limits,
    maxBytes: limits.maxBytes + 2,
  });
  return tagged.ok ? "untagged" : undefined;
}

function open(bytes: Uint8Array): CborItem | undefined {
  const decoded = decode(bytes, { field: "file", tags: [envelopeTag, sign1Tag], mapOrder: "any" });
  return decoded.ok ? decoded.value : undefined;
}

function openMember(map: CborMap, label: number): CborItem | undefined {
  const member = lookUp(map, label);
  return member?.kind === "bytes" ? open(member.value) : undefined;
}
