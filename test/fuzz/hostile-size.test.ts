import { type CborValue, Encoded, encode, Tagged } from "@sumac/cbor";
import { concatBytes } from "@sumac/crypto";
import { recogniseOtherLayout } from "@sumac/suit";
import { verifyEnvelope } from "@sumac/verifier";
import { describe, expect, test } from "vitest";
import {
  commands,
  common,
  envelope,
  firmware,
  isForUs,
  labelled,
  manifest,
  running,
  shownImage,
  sign1,
} from "../../firmware-fixtures/vectors-source/craft-envelope.ts";
import { recipientContext } from "../vectors/recipient-context.ts";

/** As large as an envelope may be; what is signed besides takes a little. */
const room = 64_000;
const context = recipientContext();

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);
const fullText = (i: number): string => `#${String(i).padStart(6, "0")}`;
const repeat = (items: readonly CborValue[], times: number): CborValue[] => Array(times).fill(items).flat();
/** A map of many entries, written without sorting them again. */
const wideMap = (entries: readonly (readonly [CborValue, CborValue])[]): Encoded =>
  new Encoded(encode(new Map(entries)));

const nested = (levels: number): Uint8Array => {
  let sequence = commands(14, 0);
  for (let i = 0; i < levels; i++) sequence = commands(32, sequence);
  return sequence;
};
const withHeader = (unprotected: CborValue): Uint8Array =>
  envelope(manifest(), {
    blocks: (element) => [
      encode(new Tagged(18, [new Uint8Array(), unprotected, null, new Uint8Array(64)])),
      sign1(element),
    ],
  });
/** 32 components with long identifiers; the first is one that the recipient knows. */
const longIds = numbers(31).map((i) => [filled(1900, i)]);
const longComponents = common({ 2: [firmware, ...longIds], 4: commands(12, 0, 20, shownImage(), ...isForUs) });

/** Each as large as is allowed, and made to cost a careless reader time or memory. Signed ones come from a key holder. */
const inputs: Readonly<Record<string, Uint8Array>> = {
  "arrays in arrays": filled(room, 0x81),
  "tags in tags": concatBytes(...Array<Uint8Array>(room / 2).fill(Uint8Array.of(0xd8, 0x6b))),
  "an array that claims 2^32-1 items": concatBytes(Uint8Array.of(0x9a, 255, 255, 255, 255), filled(room, 0)),
  "an array of small items": concatBytes(Uint8Array.of(0xd8, 0x6b, 0x19, 0xfa, 0x00), filled(64_000, 0)),
  "a map of empty payloads": envelope(manifest(), {
    payloads: Object.fromEntries(numbers(6500).map((i) => [fullText(i), new Uint8Array()])),
  }),
  "a payload name of 64 kB": envelope(running(7, 14, 0), { payloads: { ["x".repeat(63_000)]: new Uint8Array() } }),
  "a text that is bad at its end": concatBytes(
    Uint8Array.of(0xd8, 0x6b, 0xa1, 0x79, 0xfa, 0x00),
    filled(63_999, 0x61),
    Uint8Array.of(0xff, 0),
  ),
  "a wrapper of empty blocks": envelope(manifest(), { members: { 2: encode(repeat([new Uint8Array()], 63_000)) } }),
  "a header of many labels": withHeader(wideMap(numbers(15_000).map((i) => [i + 1000, 0]))),
  "a header whose labels are long texts": withHeader(
    wideMap(numbers(30).map((i) => [`${i + 10}${"x".repeat(2000)}`, 0])),
  ),
  "a header key that is a map": withHeader(wideMap([[wideMap(numbers(15_000).map((i) => [i, 0])), 0]])),
  "sequences in sequences": envelope(manifest({ 7: nested(9000) })),
  "commands without end": envelope(manifest({ 7: encode(repeat([3, 0], 31_000)) })),
  "alternatives without end": envelope(running(7, 15, repeat([commands(14, 0)], 15_000))),
  "components without end": envelope(manifest({ 3: common({ 2: numbers(12_000).map((i) => [encode(i)]) }) })),
  "a component of many segments": envelope(
    manifest({ 3: common({ 2: [firmware, repeat([new Uint8Array()], 62_000)] }) }),
  ),
  "components with long identifiers, unknown": envelope(
    manifest({ 3: longComponents, 7: commands(12, 0, 3, 15), 9: undefined, 20: undefined }),
  ),
  "commands multiplied by components": envelope(running(7, 12, repeat([0], 32), ...repeat([3, 0], 200))),
  "run-sequences multiplied by components": envelope(
    running(7, 12, repeat([0], 32), 32, commands(12, repeat([0], 32), 32, commands(12, repeat([0], 32), 3, 0))),
  ),
  "alternatives multiplied by components": envelope(
    running(7, 12, repeat([0], 32), 15, repeat([commands(12, repeat([0], 32), 3, 0, 14, 0)], 30)),
  ),
  "languages without end": envelope(
    manifest({ 23: encode(wideMap(numbers(9000).map((i) => [`a-${i.toString(36)}`, labelled({})]))) }),
  ),
  "component texts without end": envelope(
    manifest({ 23: encode(new Map([["en", wideMap(numbers(9000).map((i) => [[encode(i)], labelled({})]))]])) }),
  ),
  "parameters with a long URI, many times": envelope(
    running(20, ...repeat([20, labelled({ 21: "x".repeat(500) })], 100), 14, 0),
  ),
  "a severed member that is not the one": envelope(manifest({ 20: [-16, filled(32, 1)] }), {
    members: { 20: filled(63_000, 0) },
  }),
};

const milliseconds = 20;
const megabytes = 16;

describe("T-UPT-DENIAL 64 KiB that are made to cost", () => {
  // The first calls pay for compiling; the promise is about a verifier that runs.
  for (const input of Object.values(inputs)) verifyEnvelope(input, context);

  test.each(Object.entries(inputs))("%s: refused, in time and without memory", (_name, input) => {
    expect(input.length).toBeLessThanOrEqual(65_536);
    // Other work on the machine only ever adds: the least of some runs is nearest to the truth.
    const costs = [1, 2, 3, 4, 5].map(() => costOf(input));
    expect(costs.every(({ refused }) => refused)).toBe(true);
    expect(Math.min(...costs.map((cost) => cost.milliseconds))).toBeLessThan(milliseconds);
    expect(Math.min(...costs.map((cost) => cost.megabytes))).toBeLessThan(megabytes);
  });

  test.each(Object.entries(inputs))("%s: not looked into for long by what recognises other layouts", (_name, input) => {
    const times = [1, 2, 3].map(() => {
      const begun = process.cpuUsage();
      recogniseOtherLayout(input);
      return process.cpuUsage(begun).user / 1000;
    });
    expect(Math.min(...times)).toBeLessThan(milliseconds);
  });
});

function costOf(input: Uint8Array): { refused: boolean; milliseconds: number; megabytes: number } {
  const memory = used();
  const begun = process.cpuUsage();
  const answer = verifyEnvelope(input, context);
  const { user, system } = process.cpuUsage(begun);
  // What a collection in between frees would make it look better: negative is counted as nothing found, not as a gain.
  return { refused: !answer.ok, milliseconds: (user + system) / 1000, megabytes: Math.max(0, used() - memory) / 1e6 };
}

function used(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
