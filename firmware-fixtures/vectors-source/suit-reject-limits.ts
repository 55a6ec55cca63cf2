import { encode } from "@sumac/cbor";
import {
  commands,
  common,
  digestParameter,
  envelope,
  firmware,
  hexOf,
  image,
  labelled,
  manifest,
  memberDigest,
  raw,
  running,
  sign1,
} from "./craft-envelope.ts";
import { blockWithLabels, textOfItems } from "./crowded-envelope.ts";
import { malformed, type RejectedEnvelope } from "./suit-vector.ts";
import { foreign } from "./test-signer.ts";

const nest = (levels: number, innermost: Uint8Array): Uint8Array =>
  levels === 0 ? innermost : commands(32, nest(levels - 1, innermost));

const large = envelope(manifest({ 4: `https://vendor.example/${"x".repeat(200)}` }));
const manyCommands = envelope(running(7, ...Array.from({ length: 250 }, () => [3, 0]).flat()));
const tooManyComponents = [firmware, ...Array.from({ length: 32 }, (_, i) => [Uint8Array.of(i)])];
const strangersBlock = (element: Uint8Array): Uint8Array =>
  sign1(element, { signer: foreign, signature: new Uint8Array(64) });

const tooManyItems = envelope(manifest({ 23: textOfItems(1, 1364) }));

const row = 2;
const threat = "T-UPT-DENIAL";

/** Row 2: limits, refused before work is done. */
export const limitRows: readonly RejectedEnvelope[] = [
  {
    row,
    threat,
    name: "file-above-the-size-limit",
    file: large,
    context: "small-device",
    refusal: { code: "too-large", facts: { size: large.length, limit: 512 } },
    comment: "this recipient takes 512 bytes; the default is 65536",
  },
  {
    row,
    threat,
    name: "depth-9",
    file: envelope(manifest({ 7: nest(7, commands(3, 15)) })),
    base: "depth-8",
    at: "43 | 82 03 0f",
    refusal: { code: "limit-exceeded", facts: { limit: "maxDepth" } },
    comment: "byte strings hide their levels from a decoder's own limit",
  },
  {
    row,
    threat,
    name: "depth-9-by-an-image-digest",
    file: envelope(manifest({ 7: nest(6, commands(20, labelled({ 3: digestParameter(image) }), 3, 15)) })),
    base: "depth-8",
    at: "a1 03 5824 | 82 2f 5820",
    refusal: { code: "limit-exceeded", facts: { limit: "maxDepth" } },
    comment: "a digest in a parameter is a layer too",
  },
  {
    row,
    threat,
    name: "array-nine-levels-deep",
    file: envelope(manifest({ 4: raw(`${"81".repeat(7)} 80`) })),
    at: `04 ${"81".repeat(7)} | 80 07`,
    refusal: malformed("too-deep", "manifest"),
    comment: "eight levels inside one byte string, the map of the manifest being the first",
  },
  {
    row,
    threat,
    name: "commands-257",
    file: manyCommands,
    base: "commands-256",
    at: manyCommands.length - 2,
    refusal: { code: "limit-exceeded", facts: { limit: "maxCommands" } },
    comment: "counted over the whole manifest, in the order of its members",
  },
  {
    row,
    threat,
    name: "components-33",
    file: envelope(manifest({ 3: common({ 2: tooManyComponents }) })),
    at: `02 | 9821 ${hexOf(firmware)}`,
    refusal: { code: "limit-exceeded", facts: { limit: "maxComponents" } },
    comment: "32 are the most",
  },
  {
    row,
    threat,
    name: "component-index-list-of-33",
    file: envelope(running(7, 12, Array(33).fill(0), 3, 15)),
    base: "component-index-list",
    at: "0c | 9821 00",
    refusal: { code: "limit-exceeded", facts: { limit: "maxComponents" } },
    comment: "each entry repeats all commands that follow",
  },
  {
    row,
    threat,
    name: "items-4097",
    file: tooManyItems,
    base: "items-4096",
    at: tooManyItems.length - 1,
    refusal: { code: "limit-exceeded", facts: { limit: "maxItems" } },
    comment: "data items of one layer: decoded, each takes a hundred times the byte that it costs here",
  },
  {
    row,
    threat,
    name: "block-with-66-items",
    file: envelope(manifest(), { blocks: (element) => [blockWithLabels(element, 0, 30)] }),
    base: "block-with-64-items",
    at: `${hexOf(1029)} 00 | f6 5840`,
    refusal: { code: "limit-exceeded", facts: { limit: "maxItems" } },
    comment: "a block is read before anything is known of who sent it",
  },
  {
    row,
    threat,
    name: "protected-header-with-65-items",
    file: envelope(manifest(), { blocks: (element) => [blockWithLabels(element, 30, 0)] }),
    base: "block-with-64-items",
    at: `${hexOf(1029)} | 00 a0 f6`,
    refusal: { code: "limit-exceeded", facts: { limit: "maxItems" } },
    comment: "the protected header is counted by itself",
  },
  {
    row,
    threat,
    name: "blocks-17",
    file: envelope(manifest(), {
      blocks: (element) => [...Array(16).fill(strangersBlock(element)), sign1(element)],
    }),
    base: "sixteen-blocks",
    at: `| ${hexOf(sign1(encode(memberDigest(manifest()))))}`,
    refusal: { code: "limit-exceeded", facts: { limit: "maxBlocks" } },
    comment: "each block may cost a signature verification",
  },
];
