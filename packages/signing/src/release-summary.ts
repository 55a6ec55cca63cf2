import { bytesToHex } from "@sumac/crypto";
import {
  type ComponentText,
  describeComponent,
  describeSize,
  describeTime,
  formatIdentifier,
  quote,
  type SuitDigest,
} from "@sumac/suit";
import type { ConsistentEnvelope } from "./envelope-consistency.ts";
import { commandsOf, sectionsOf } from "./walk-manifest.ts";

/** An image that any command of the manifest names. */
export interface NamedImage {
  readonly digest: SuitDigest;
  readonly size?: bigint;
}

/**
 * What a release says of itself, for the person who is to sign it. Ids, sequence and digests are what devices act on;
 * the texts are the author's words, signed along with the rest.
 */
export interface ReleaseSummary {
  readonly vendor?: string;
  readonly vendorDomain?: string;
  readonly model?: string;
  readonly version?: string;
  readonly vendorIds: readonly string[];
  readonly classIds: readonly string[];
  readonly deviceIds: readonly string[];
  readonly sequence: bigint;
  readonly components: readonly string[];
  readonly images: readonly NamedImage[];
  /** Seconds since 1970. */
  readonly useBefore?: bigint;
  readonly manifestDigest: SuitDigest;
}

const mostListed = 100;

export function summarizeRelease({ envelope, manifest, members }: ConsistentEnvelope): ReleaseSummary {
  const texts = (members.text?.languages ?? []).flatMap(({ components }) => components);
  const text = (name: keyof ComponentText): string | undefined => {
    const found = texts.map((one) => one[name]).find((value) => value !== undefined);
    return typeof found === "string" ? found : undefined;
  };
  const ids = {
    vendorIdentifier: new Set<string>(),
    classIdentifier: new Set<string>(),
    deviceIdentifier: new Set<string>(),
  };
  const images = new Map<string, NamedImage>();
  let useBefore: bigint | undefined;
  for (const command of commandsOf(sectionsOf(manifest, members))) {
    if (command.kind !== "override-parameters" && command.kind !== "set-parameters") continue;
    const { imageDigest: digest, imageSize: size, useBefore: until } = command.parameters;
    for (const name of ["vendorIdentifier", "classIdentifier", "deviceIdentifier"] as const) {
      const id = command.parameters[name];
      if (id !== undefined) ids[name].add(formatIdentifier(id));
    }
    if (digest !== undefined) {
      images.set(`${size}/${bytesToHex(digest.bytes)}`, { digest, ...(size === undefined ? {} : { size }) });
    }
    if (until !== undefined && (useBefore === undefined || until < useBefore)) useBefore = until;
  }
  const words = {
    vendor: text("vendorName"),
    vendorDomain: text("vendorDomain"),
    model: text("modelName"),
    version: text("version"),
  };
  return {
    ...Object.fromEntries(Object.entries(words).filter(([, value]) => value !== undefined)),
    vendorIds: [...ids.vendorIdentifier].slice(0, mostListed),
    classIds: [...ids.classIdentifier].slice(0, mostListed),
    deviceIds: [...ids.deviceIdentifier].slice(0, mostListed),
    sequence: manifest.sequenceNumber,
    components: manifest.components.slice(0, mostListed).map(describeComponent),
    images: [...images.values()].slice(0, mostListed),
    ...(useBefore === undefined ? {} : { useBefore }),
    manifestDigest: envelope.digest,
  };
}

/** The same as lines for a person; every text from outside is quoted. */
export function summaryLines(summary: ReleaseSummary): readonly string[] {
  const stated = (text: string | undefined): string => (text === undefined ? "not stated" : quote(text));
  const row = (name: string, value: string): string => `${name.padEnd(10)} ${value}`;
  const listed = (name: string, values: readonly string[], none: string): string[] =>
    values.length === 0 ? [row(name, none)] : values.map((value) => row(name, value));
  const domain = summary.vendorDomain === undefined ? "" : ` (${quote(summary.vendorDomain)})`;
  return [
    row("vendor", `${stated(summary.vendor)}${domain}`),
    ...listed("vendor id", summary.vendorIds, "none"),
    row("model", stated(summary.model)),
    ...listed("class id", summary.classIds, "none"),
    ...summary.deviceIds.map((id) => row("device id", id)),
    row("version", stated(summary.version)),
    row("sequence", String(summary.sequence)),
    ...listed("component", summary.components, "none"),
    ...(summary.images.length === 0 ? [row("image", "none is named")] : []),
    ...summary.images.map(({ digest, size }) =>
      row(
        "image",
        `${digest.algorithm} ${bytesToHex(digest.bytes)}${size === undefined ? "" : `, ${describeSize(size)}`}`,
      ),
    ),
    ...(summary.useBefore === undefined ? [] : [row("use before", describeTime(summary.useBefore))]),
    row("manifest", `${summary.manifestDigest.algorithm} ${bytesToHex(summary.manifestDigest.bytes)}`),
  ];
}
