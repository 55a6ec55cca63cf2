import { type CborValue, encode, Tagged } from "@sumac/cbor";
import { labelled } from "./craft-envelope.ts";
import { signatureInput, vendor } from "./test-signer.ts";

/** English text of so many data items: 3, 2 for each text of the manifest, 3 for each component. */
export const textOfItems = (texts: number, components: number): Uint8Array => {
  const described = Array.from({ length: components }, (_, i): [CborValue, CborValue] => [
    [Uint8Array.of(i >> 8, i & 0xff)],
    labelled({}),
  ]);
  const own = Array.from({ length: texts }, (_, i): [CborValue, CborValue] => [i + 1, "x"]);
  return encode(new Map([["en", new Map([...own, ...described])]]));
};

const labels = (count: number): ReadonlyMap<CborValue, CborValue> =>
  labelled(Object.fromEntries(Array.from({ length: count }, (_, i) => [1000 + i, 0])));
/** A block by the vendor with further labels, which mean nothing. */
export const blockWithLabels = (element: Uint8Array, inProtected: number, inUnprotected: number): Uint8Array => {
  const header = encode(new Map([...labelled({ 1: -19, 4: vendor.keyId }), ...labels(inProtected)]));
  const signature = vendor.sign(signatureInput(header, element));
  return encode(new Tagged(18, [header, labels(inUnprotected), null, signature]));
};
