import { bytesToHex } from "@sumac/crypto";
import { classIdOf, type ReleaseDescription, vendorIdOf } from "@sumac/signing";
import { nodeSha1 } from "@sumac/signing/node";
import {
  type CommandSequence,
  type DescribedSection,
  everyCommand,
  formatIdentifier,
  type ManifestText,
  vendorIdFor,
} from "@sumac/suit";
import type { AskedCondition } from "./command-ways.ts";
import { type Asking, askingOf, type WhatRuns } from "./what-runs.ts";

/** An identifier that a command sets, with the name it is proved to be made from. */
export interface KnownIdentifier {
  /** As a UUID, or hex where it is a private enterprise number. */
  readonly id: string;
  readonly provedName: string | undefined;
  /** Whether devices are asked for it. */
  readonly asked: Asking;
}

export interface IdentityWords {
  readonly vendors: readonly KnownIdentifier[];
  readonly classes: readonly KnownIdentifier[];
  readonly devices: readonly KnownIdentifier[];
}

/**
 * The identifiers that a manifest sets, and whether it compares them. A name counts as proved where the identifier is the UUID version 5 of it: a
 * text cannot claim somebody else's. Names come from the texts, and from a release description if one is given.
 */
export function identityWords(
  sections: readonly DescribedSection[],
  runs: WhatRuns,
  text: ManifestText | undefined,
  description: ReleaseDescription | undefined,
): IdentityWords {
  const found = { vendor: new Map(), class: new Map(), device: new Map() } satisfies Record<
    string,
    Map<string, Uint8Array>
  >;
  for (const { sequence } of sections) collect(sequence, found);
  const texts = (text?.languages ?? []).flatMap(({ components }) => components);
  const domains = given([description?.vendor, ...texts.map(({ vendorDomain }) => vendorDomain)]);
  const models = given([description?.product, ...texts.flatMap(({ modelName, modelInfo }) => [modelName, modelInfo])]);
  const vendorNames = new Map(domains.map((domain) => [bytesToHex(vendorIdFor(domain, nodeSha1)), domain]));
  if (description?.vendorPen !== undefined) {
    vendorNames.set(
      bytesToHex(vendorIdOf(description, nodeSha1)),
      `${description.vendor}, number ${description.vendorPen}`,
    );
  }
  const vendors = [...found.vendor.values()].slice(0, maxNamesTried);
  const classNames = new Map(
    vendors.flatMap((vendor) =>
      models.map((model) => [bytesToHex(classIdOf(vendor, model, nodeSha1)), model] as const),
    ),
  );
  return {
    vendors: known(found.vendor, vendorNames, "vendor-identifier", runs),
    classes: known(found.class, classNames, "class-identifier", runs),
    devices: known(found.device, new Map(), "device-identifier", runs),
  };
}

/** A hostile file could offer thousands, each of them to be hashed with each vendor. */
const maxNamesTried = 32;

type Found = Readonly<Record<"vendor" | "class" | "device", Map<string, Uint8Array>>>;

function collect(sequence: CommandSequence, found: Found): void {
  for (const command of everyCommand(sequence)) {
    if (command.kind !== "override-parameters" && command.kind !== "set-parameters") continue;
    const { vendorIdentifier, classIdentifier, deviceIdentifier } = command.parameters;
    if (vendorIdentifier !== undefined) found.vendor.set(bytesToHex(vendorIdentifier), vendorIdentifier);
    if (classIdentifier !== undefined) found.class.set(bytesToHex(classIdentifier), classIdentifier);
    if (deviceIdentifier !== undefined) found.device.set(bytesToHex(deviceIdentifier), deviceIdentifier);
  }
}

const known = (
  ids: ReadonlyMap<string, Uint8Array>,
  names: ReadonlyMap<string, string>,
  condition: AskedCondition,
  runs: WhatRuns,
): readonly KnownIdentifier[] =>
  Array.from(ids, ([hex, id]) => ({
    id: formatIdentifier(id),
    provedName: names.get(hex),
    asked: askingOf(runs, condition, id),
  }));

const given = (texts: readonly (string | undefined)[]): readonly string[] =>
  [...new Set(texts.filter((text): text is string => text !== undefined))].slice(0, maxNamesTried);
