/**
 * COSE_Sign1 that carries its payload (RFC 9052 4.2), as a SUIT report has it. Headers obey the same rules as those of a
 * detached one. The two are never taken for each other: an envelope's block has nil where this has bytes.
 */
import {
  type CborItem,
  Encoded,
  encode,
  err,
  expectArray,
  expectBytes,
  expectTag,
  type Malformed,
  malformed,
  ok,
  type Result,
  Tagged,
} from "@sumac/cbor";
import { sign1Tag } from "./labels.ts";
import { parseSign1, type Sign1 } from "./sign1.ts";

export interface EmbeddedSign1 {
  /** What `verifySign1` takes, beside the payload. */
  readonly sign1: Sign1;
  readonly payload: Uint8Array;
  /** Where the payload starts in the outermost file. */
  readonly payloadOffset: number;
}

/** Reads a tag-18 item that was decoded with `mapOrder: "any"`. Refuses a detached payload (`wrong-type`). */
export function parseEmbeddedSign1(item: CborItem, field: string): Result<EmbeddedSign1, Malformed> {
  const tagged = expectTag(item, sign1Tag, field);
  if (!tagged.ok) return tagged;
  const array = expectArray(tagged.value.item, field);
  if (!array.ok) return array;
  const { items } = array.value;
  const payloadItem = items[2];
  if (payloadItem === undefined) return err(malformed("wrong-length", field, array.value.offset));
  const payload = expectBytes(payloadItem, `${field}.payload`);
  if (!payload.ok) return payload;
  const { offset, end } = payloadItem;
  const detached: CborItem = { kind: "simple", value: null, offset, end };
  const sign1 = parseSign1({ ...tagged.value, item: { ...array.value, items: items.with(2, detached) } }, field);
  if (!sign1.ok) return sign1;
  return ok({ sign1: sign1.value, payload: payload.value.value, payloadOffset: payload.value.contentOffset });
}

/** The tagged structure; for a received one exactly the bytes it had. */
export const serializeEmbeddedSign1 = (sign1: Sign1, payload: Uint8Array): Uint8Array =>
  encode(new Tagged(sign1Tag, [sign1.protected, new Encoded(sign1.unprotected), payload, sign1.signature]));
