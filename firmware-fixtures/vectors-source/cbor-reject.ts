import type { MalformedReason } from "@sumac/cbor";
import { markedHex } from "./marked-hex.ts";
import type { Vector } from "./vector-file.ts";

/** One failure a row: name, hex with the refused byte marked, the nearest input that is right, why. */
type Row = readonly [name: string, hex: string, base: string, comment: string];

const byReason: Readonly<Partial<Record<MalformedReason, readonly Row[]>>> = {
  truncated: [
    ["empty-input", "|", "integer-zero", "no bytes are no item"],
    ["bytes-cut-short", "|45 0102", "bytes", "five bytes announced, two there"],
    ["text-cut-short", "|62 61", "text", "two bytes announced, one there"],
    ["nested-bytes-cut-short", "82 01 |42 00", "array", "the inner item is to blame"],
    ["head-of-1-byte-cut-short", "|18", "integer-24", "the argument is missing"],
    ["head-of-2-bytes-cut-short", "|19 01", "integer-256", "half an argument"],
    ["head-of-4-bytes-cut-short", "|1a 000100", "integer-65536", "three bytes of four"],
    ["head-of-8-bytes-cut-short", "|1b 00000001000000", "integer-2-to-the-32", "seven bytes of eight"],
    ["array-without-its-items", "|82", "array", "two items announced, none there"],
    ["array-without-its-last-item", "82 81 00 |", "array", "an item has to start where the input ends"],
    ["map-without-its-value", "|a1 01", "map", "an entry has two bytes at least"],
    ["map-without-its-last-value", "a1 82 01 02 |", "map", "the key took all there was"],
    ["tag-without-its-item", "d2 |", "tag-18", "a tag is no item alone"],
    ["bytes-of-4-gib", "|5a ffffffff 00", "bytes", "2^32-1 bytes announced: nothing may be allocated for them"],
    ["bytes-of-2-to-the-53", "|5b 0020000000000000 00", "bytes", "a length that a double just holds"],
    ["text-of-2-to-the-64", "|7b ffffffffffffffff 00", "text", "a length that no double holds"],
    ["array-of-4-gi-items", "|9a ffffffff", "array", "a count is bounded by the bytes that are left"],
    ["array-of-64-mi-items", "|9a 04000000", "array", "small enough to be allocated by a careless reader"],
    ["map-of-2-gi-entries", "|ba 7fffffff", "map", "a count is bounded by the bytes that are left"],
    ["map-with-room-for-its-keys-only", "|a3 01 00 02 00 03", "map", "an entry takes two bytes"],
  ],
  "trailing-bytes": [
    ["trailing-byte", "01 |02", "integer-zero", "one item fills the input"],
    ["trailing-byte-behind-an-array", "82 01 02 |03", "array", "the count ends the array"],
    ["trailing-break", "80 |ff", "array-empty", "a break ends nothing of definite length"],
  ],
  "non-shortest": [
    ["zero-in-two-bytes", "|18 00", "integer-zero", "a second spelling of 0"],
    ["integer-23-in-two-bytes", "|18 17", "integer-23", "the last that fits the initial byte"],
    ["integer-255-in-three-bytes", "|19 00ff", "integer-255", "the last of one byte"],
    ["integer-65535-in-five-bytes", "|1a 0000ffff", "integer-65536", "the last of two bytes"],
    [
      "integer-2-to-the-32-minus-1-in-nine-bytes",
      "|1b 00000000ffffffff",
      "integer-2-to-the-32",
      "the last of four bytes",
    ],
    ["negative-24-in-two-bytes", "|38 17", "negative-24", "the last that fits the initial byte"],
    ["bytes-length-in-two-bytes", "|58 03 010203", "bytes", "the same content under a longer head"],
    ["text-length-in-two-bytes", "|78 03 616263", "text", "the same text under a longer head"],
    ["array-count-in-two-bytes", "|98 02 01 43 010203", "array", "the same array under a longer head"],
    ["map-count-in-two-bytes", "|b8 02 01 00 02 01", "map", "the same map under a longer head"],
    ["tag-in-two-bytes", "|d8 12 80", "tag-18", "tag 18 fits the initial byte"],
  ],
  "indefinite-length": [
    ["indefinite-bytes", "|5f 41 01 42 0203 ff", "bytes", "its pieces could be cut in many ways"],
    ["indefinite-text", "|7f 61 61 62 6263 ff", "text", "its pieces could be cut in many ways"],
    ["indefinite-array", "|9f 01 43 010203 ff", "array", "a second spelling of the array"],
    ["indefinite-map", "|bf 01 00 02 01 ff", "map", "a second spelling of the map"],
    ["indefinite-array-inside", "82 01 |9f ff", "array", "also where nobody looks"],
  ],
  "duplicate-key": [
    ["duplicate-integer-key", "a2 01 00 |01 01", "map", "one reader takes the first, another the last"],
    ["duplicate-text-key", "a2 6161 00 |6161 01", "map-of-texts", "one reader takes the first, another the last"],
    ["duplicate-array-key", "a2 8101 00 |8101 01", "map-array-key", "equal by bytes, not by identity"],
    ["duplicate-key-inside", "82 01 a2 01 00 |01 01", "map", "also where nobody looks"],
    [
      "duplicate-proto-key",
      `a2 ${"69 5f5f70726f746f5f5f"} 00 |69 5f5f70726f746f5f5f 01`,
      "map-proto-key",
      "a text like any other",
    ],
  ],
  "unsorted-keys": [
    ["unsorted-integer-keys", "a2 02 01 |01 00", "map", "the same entries in another order are other bytes"],
    ["unsorted-text-keys", "a2 6162 01 |6161 00", "map-of-texts", "the same entries in another order are other bytes"],
    ["length-first-order", "a2 20 00 |1818 00", "map-24-before-minus-1", "RFC 8949 4.2.3 is another order than 4.2.1"],
    ["longer-text-before-shorter", "a2 626161 00 |617a 00", "map-longer-text-after-shorter", "alphabetical, and wrong"],
    ["unsorted-third-key", "a3 01 00 02 00 |01 00", "map", "a repeated key that is not beside its twin"],
    ["unsorted-map-inside", "82 01 a2 02 01 |01 00", "map", "also where nobody looks"],
  ],
  float: [
    ["float-16", "|f9 3c00", "integer-zero", "1.0: a second spelling of the number 1 for many readers"],
    ["float-32", "|fa 3f800000", "integer-zero", "1.0"],
    ["float-64", "|fb 3ff0000000000000", "integer-zero", "1.0"],
    ["float-nan-with-payload", "|f9 7e01", "integer-zero", "2^10 and more spellings of not a number"],
    ["float-as-a-value", "a2 01 00 02 |f9 3c00", "map", "also where an integer is expected"],
  ],
  undefined: [
    ["undefined", "|f7", "null", "absence is shown by absence"],
    ["undefined-as-a-value", "a2 01 00 02 |f7", "map", "absence is shown by absence"],
  ],
  "simple-value": [
    ["simple-0", "|e0", "null", "no meaning is registered"],
    ["simple-19", "|f3", "null", "no meaning is registered"],
    ["simple-24", "|f8 18", "null", "reserved"],
    ["simple-255", "|f8 ff", "null", "no meaning is registered"],
    ["true-in-two-bytes", "|f8 15", "true", "not even well-formed (RFC 8949 3.3)"],
  ],
  "reserved-information": [
    ["reserved-28-of-an-integer", "|1c", "integer-zero", "additional information 28 to 30 has no meaning"],
    ["reserved-29-of-bytes", "|5d", "bytes-empty", "additional information 28 to 30 has no meaning"],
    ["reserved-30-of-an-array", "|9e", "array-empty", "additional information 28 to 30 has no meaning"],
    ["reserved-28-of-simple", "|fc", "null", "additional information 28 to 30 has no meaning"],
    ["indefinite-integer", "|1f", "integer-zero", "only strings, arrays and maps have such a form"],
    ["indefinite-tag", "|df 00 ff", "tag-18", "only strings, arrays and maps have such a form"],
  ],
  "unexpected-break": [
    ["break-alone", "|ff", "null", "there is nothing it could end"],
    ["break-in-an-array", "82 01 |ff", "array", "the count says that an item follows"],
  ],
  "tag-not-allowed": [
    ["tag-999", "|d9 03e7 00", "tag-18", "a tag that nobody allowed"],
    ["tag-inside", "82 01 |d9 03e7 00", "array", "also where nobody looks"],
    ["bignum", "|c2 49 010000000000000000", "integer-largest", "a second spelling of integers"],
    ["date", "|c0 74 323031332d30332d32315432303a30343a30305a", "text", "some readers build an object of it"],
    ["record", "|d8 69 83 19e000 81 6161 00", "array", "tag 105: some readers build an object of it"],
    ["shared-reference", "82 |d8 1c 80 d8 1d 00", "array", "tags 28 and 29: one item in two places"],
    ["packed", "|d8 33 82 80 80", "array", "tag 51: the bytes are not what is read"],
    ["set", "|d9 0102 81 01", "array", "tag 258: some readers build an object of it"],
    ["typed-array", "|d8 40 43 010203", "bytes", "tag 64: some readers build an object of it"],
    ["regular-expression", "|d8 1b 82 66 526567457870 61 28", "array", "tag 27: some readers compile it"],
    ["tag-that-rounds-to-an-allowed-one", "|db 0020000000000001 80", "tag-18", "2^53+1: a double would round it"],
  ],
  "invalid-utf8": [
    ["text-of-a-lone-byte", "|61 ff", "text", "no byte of UTF-8"],
    ["text-of-a-surrogate", "|63 eda080", "text", "half a character of UTF-16"],
    ["text-of-a-surrogate-pair", "|66 eda080 edb080", "text", "CESU-8 is not UTF-8"],
    ["text-of-an-overlong-slash", "|62 c0af", "text", "a second spelling of a character that filters look for"],
    ["text-of-an-overlong-nul", "|62 c080", "text-with-nul", "a second spelling of a character that ends strings"],
    ["text-above-the-last-code-point", "|64 f4908080", "text-largest-code-point", "U+110000"],
    ["text-that-ends-inside-a-character", "|61 c3", "text", "the next item would be joined to it"],
    ["text-key-of-a-lone-byte", "a1 |61 ff 00", "map-of-texts", "two such keys would become one replacement character"],
  ],
  "too-deep": [
    ["depth-17-by-arrays", `${"81".repeat(16)} |81 00`, "depth-16", "one level beyond the limit"],
    ["depth-17-by-maps", `${"a1 00".repeat(16)} |a1 00 00`, "depth-16", "one level beyond the limit"],
    ["depth-17-by-map-keys", `${"a1".repeat(16)} |a1 00 ${"00".repeat(17)}`, "depth-16", "keys nest too"],
    ["depth-17-by-tags", `${"d2".repeat(16)} |d2 00`, "depth-16", "tags nest too"],
    [
      "depth-1000",
      `${"81".repeat(16)} |${"81".repeat(984)} 00`,
      "depth-16",
      "a reader that recurses first runs out of stack",
    ],
  ],
};

export const cborRejected: readonly Vector[] = Object.entries(byReason).flatMap(([reason, rows]) =>
  rows.map(([name, hex, base, comment]): Vector => {
    const { bytes, mark } = markedHex(hex);
    if (mark === undefined) throw new RangeError(`${name}: no byte is marked`);
    return {
      layer: "cbor",
      name,
      expect: { verdict: "reject", code: "malformed", reason, offset: mark },
      headers: { field: "item", base, comment },
      bytes,
    };
  }),
);
