import { err, ok, type Result } from "@sumac/cbor";
import { bytesToHex } from "@sumac/crypto";
import type { Parameters } from "./command.ts";
import { componentKey } from "./component.ts";
import { everyCommand } from "./every-command.ts";
import { formatIdentifier } from "./identity.ts";
import type { Manifest } from "./manifest.ts";

/** What a repository repeats of a manifest for whoever has no CBOR reader. Both sides of that comparison are made here. */
export interface ManifestFacts {
  /** As a UUID, lower case with dashes; of a private enterprise number hex. */
  readonly vendorId: string;
  readonly classId: string;
  readonly deviceId?: string;
  readonly sequence: bigint;
  /** The `componentKey` of each component, in manifest order. */
  readonly components: readonly string[];
  /** Media type of the envelope, and manifest version. */
  readonly envelopeType: string;
}

/** The only layout that is parsed here. */
export const envelopeType = "application/suit-envelope+cose; manifest-version=1";

export type FactsRefusal = {
  readonly code: "identity-ambiguous";
  readonly identity: "vendorIdentifier" | "classIdentifier" | "deviceIdentifier";
};

/** Refuses a manifest for several vendors, classes or devices, and one that names no vendor or class. */
export function manifestFacts(manifest: Manifest): Result<ManifestFacts, FactsRefusal> {
  const vendors = identifiers(manifest, "vendorIdentifier");
  const classes = identifiers(manifest, "classIdentifier");
  const devices = identifiers(manifest, "deviceIdentifier");
  const [vendorId] = vendors;
  const [classId] = classes;
  const [deviceId] = devices;
  if (vendorId === undefined || vendors.length > 1) return ambiguous("vendorIdentifier");
  if (classId === undefined || classes.length > 1) return ambiguous("classIdentifier");
  if (devices.length > 1) return ambiguous("deviceIdentifier");
  return ok({
    vendorId,
    classId,
    ...(deviceId === undefined ? {} : { deviceId }),
    sequence: manifest.sequenceNumber,
    components: manifest.components.map(componentKey),
    envelopeType,
  });
}

function identifiers(manifest: Manifest, name: FactsRefusal["identity"]): readonly string[] {
  const found = new Map<string, string>();
  for (const command of everyCommand(manifest.shared)) {
    if (command.kind !== "override-parameters") continue;
    const id = (command.parameters as Parameters)[name];
    if (id !== undefined) found.set(bytesToHex(id), formatIdentifier(id));
  }
  return [...found.values()];
}

const ambiguous = (identity: FactsRefusal["identity"]): Result<never, FactsRefusal> =>
  err({ code: "identity-ambiguous", identity });
