import { encode } from "@sumac/cbor";
import { bytesToHex, concatBytes } from "@sumac/crypto";
import { memberDigest, sign1 } from "../../firmware-fixtures/vectors-source/craft-envelope.ts";
import { type Element, type Node, node, pairs, writeElement } from "./element-tree.ts";

/** Envelope keys whose members a manifest may hold as a digest. */
const severable = [15, 16, 18, 20, 23];

/**
 * The envelope as its vendor would have signed it, whatever it says: digests of severed members, wrapper and signature are
 * made anew. So damage is not stopped by the signature, and the parsers and the abstract machine have to stand for
 * themselves (THREAT.MFST.MODIFICATION: a careless author, or a hostile one with a key).
 */
export function signAgain(root: Element): Element {
  if (root.kind !== "tag" || root.tag !== 107) return root;
  const [map] = root.items;
  const manifest = map && member(map, 3);
  const content = manifest?.kind === "enclosed" ? manifest.items[0] : undefined;
  if (map?.kind !== "map" || content === undefined) return root;
  const severed = severable.flatMap((key) => {
    const beside = member(map, key);
    return beside?.kind === "enclosed" && member(content, key)?.kind === "array" ? [{ key, beside }] : [];
  });
  const inside = severed.reduce(
    (tree, { key, beside }) => withMember(tree, key, leafOf(memberDigest(contentOf(beside)))),
    content,
  );
  const signed = node("enclosed", [inside]);
  const element = encode(memberDigest(contentOf(signed)));
  const wrapper = leafOf(encode([element, sign1(element)]));
  return node("tag", [withMember(withMember(map, 3, signed), 2, wrapper)], 107);
}

const contentOf = (enclosed: Node): Uint8Array => concatBytes(...enclosed.items.map(writeElement));
const leafOf = (value: Parameters<typeof encode>[0]): Element => ({ kind: "leaf", encoded: encode(value) });
const keyText = (key: number): string => bytesToHex(encode(key));

const isKey = (element: Element | undefined, key: number): boolean =>
  element?.kind === "leaf" && bytesToHex(element.encoded) === keyText(key);

function member(map: Element, key: number): Element | undefined {
  return map.kind === "map" ? pairs(map.items).find(([own]) => isKey(own, key))?.[1] : undefined;
}

function withMember(map: Element, key: number, value: Element): Element {
  if (map.kind !== "map") return map;
  return {
    ...map,
    items: pairs(map.items).flatMap((entry) => (isKey(entry[0], key) ? [entry[0] as Element, value] : entry)),
  };
}
