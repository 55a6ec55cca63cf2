import { type CborValue, encode } from "@sumac/cbor";
import {
  commands,
  common,
  digestParameter,
  envelope,
  firmware,
  isForUs,
  labelled,
  type Members,
  manifest,
  memberDigest,
  modem,
  otherImage,
  shownImage,
  sign1,
} from "./craft-envelope.ts";
import { foreign, type TestSigner } from "./test-signer.ts";

export const modemInstall: Uint8Array = commands(20, labelled({ 21: "modem.bin" }), 21, 2, 3, 15);

/** The manifest of a modem behind the device, by another maker: what the gateway's manifest depends on. */
export const modemManifest = (changes: Members = {}, components: CborValue = [modem]): Uint8Array =>
  manifest({
    2: 3,
    3: common({
      2: components,
      4: commands(20, shownImage({ 3: digestParameter(otherImage), 14: otherImage.length }), ...isForUs),
    }),
    4: undefined,
    9: undefined,
    20: modemInstall,
    ...changes,
  });

export const modemEnvelope = (manifestBytes: Uint8Array, signer: TestSigner = foreign): Uint8Array =>
  envelope(manifestBytes, { blocks: (element) => [sign1(element, { signer })] });

/** Fetches, matches and verifies the dependency under index 1. */
export const resolve: readonly CborValue[] = [12, 1, 20, labelled({ 21: "#modem" }), 21, 2, 3, 15, 7, 15];
export const installOwn: readonly CborValue[] = [12, 0, 20, labelled({ 21: "firmware.bin" }), 21, 2, 3, 15];

export interface GatewayParts {
  readonly dependency?: Uint8Array;
  /** Default: of the dependency's manifest. */
  readonly dependencyDigest?: Uint8Array;
  readonly carried?: Uint8Array | undefined;
  readonly dependencies?: CborValue;
  readonly sharedBehind?: readonly CborValue[];
  readonly changes?: Members;
}

export const gatewayManifest = (parts: GatewayParts = {}): Uint8Array => {
  const { dependency = modemManifest(), dependencies = labelled({ 1: labelled({}) }), sharedBehind = [] } = parts;
  const dependencyDigest = parts.dependencyDigest ?? encode(memberDigest(dependency));
  return manifest({
    3: common({
      1: dependencies,
      2: [firmware],
      4: commands(
        ...[12, 0, 20, shownImage(), ...isForUs, 12, 1, 20, labelled({ 3: dependencyDigest })],
        ...sharedBehind,
      ),
    }),
    7: commands(12, 1, 7, 15, 11, 2, 12, 0, 3, 15),
    9: commands(12, 0, 23, 2),
    15: commands(...resolve),
    20: commands(12, 1, 11, 2, ...installOwn),
    ...parts.changes,
  });
};

/** A gateway's update that carries the modem's. The image of the modem is the one called settings elsewhere. */
export const gatewayEnvelope = (parts: GatewayParts = {}): Uint8Array => {
  const carried = "carried" in parts ? parts.carried : modemEnvelope(parts.dependency ?? modemManifest());
  return envelope(gatewayManifest(parts), { payloads: carried === undefined ? {} : { "#modem": carried } });
};
