import { type CborValue, Encoded, type Result } from "@sumac/cbor";
import { hexToBytes } from "@sumac/crypto";
import { expect, test } from "vitest";
import type { Command, Parameters } from "./command.ts";
import { commands, craftCommon, craftEnvelope, craftManifest, map, offsetOf } from "./crafted-envelope.test.support.ts";
import { everyExtension } from "./every-extension.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import type { CommandSequence, Manifest } from "./manifest.ts";
import { parseEnvelope } from "./parse-envelope.ts";
import { parseManifest } from "./parse-manifest.ts";
import type { SuitRefusal } from "./refusal.ts";

/** Everything that this package can be told to understand. */
export const allExtensions: Limits = {
  ...defaultLimits,
  extensions: everyExtension,
};

/** Parses the manifest where it stands in a file, so that offsets are those of the file. */
export function parseIn(file: Uint8Array, limits?: Limits): Result<Manifest, SuitRefusal> {
  const envelope = parseEnvelope(file, limits);
  return envelope.ok ? parseManifest(envelope.value.manifest, limits) : envelope;
}

/** A manifest with this validate sequence, and with this shared sequence. */
export const validating = (...items: readonly CborValue[]): Uint8Array => craftManifest({ 7: commands(...items) });
export const sharing = (...items: readonly CborValue[]): Uint8Array =>
  craftManifest({ 3: craftCommon({ 4: commands(...items) }) });

/** An override-parameters command; and one item as it is to stand in the file. */
export const set = (...entries: readonly (readonly [CborValue, CborValue])[]): CborValue[] => [20, map(entries)];
export const raw = (hex: string): Encoded => new Encoded(hexToBytes(hex));

/** The shortest sequence. */
export const abort: Uint8Array = commands(14, 0);

export const nestedSequences = (command: Command): readonly CommandSequence[] => {
  if (command.kind === "try-each") return command.sequences;
  return command.kind === "run-sequence" ? [command.sequence] : [];
};

/** All parameters that a sequence sets, nested ones too. */
export const parametersOf = (sequence: CommandSequence | undefined): readonly Parameters[] =>
  (sequence?.commands ?? []).flatMap((command) =>
    command.kind === "override-parameters" || command.kind === "set-parameters"
      ? [command.parameters]
      : nestedSequences(command).flatMap(parametersOf),
  );

/** A manifest that breaks a static rule of suit.md 6. `at` is what stands at the refused offset (see `offsetOf`). */
export interface RefusedManifest {
  readonly row: number;
  readonly name: string;
  readonly manifest: Uint8Array;
  readonly at: string;
  readonly refusal:
    | { readonly reason: string; readonly field: string }
    | { readonly code: string; readonly field: string; readonly label: number };
}

export function testRefused(rows: readonly RefusedManifest[], limits?: Limits): void {
  for (const { row, name, manifest, at, refusal } of rows) {
    test(`row ${row}: ${name}`, () => {
      const file = craftEnvelope({ 3: manifest });
      const expected = { code: "malformed", ...refusal, offset: offsetOf(file, at) };
      expect(parseIn(file, limits)).toEqual({ ok: false, error: expected });
    });
  }
}
