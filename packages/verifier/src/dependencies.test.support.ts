/** A gateway's release that carries the release of the MCU behind it, each signed by the people who answer for it. */
import { createHash } from "node:crypto";
import type { DigestName } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  buildEnvelope,
  type CommandInput,
  type ComponentId,
  type Condition,
  type Dependency,
  type Directive,
  defaultLimits,
  encloseBytes,
  encodeDigest,
  type ManifestInput,
  manifestDigest,
  type Parameters,
  type SequenceInput,
  type SuitDigest,
  serializeManifest,
  severMembers,
  trustDomains12,
} from "@sumac/suit";
import { blockBy, roleOf, type TestKey, testKey } from "./signed-release.test.support.ts";
import type { TrustRecord } from "./trust-record.ts";
import type { VerifyContext } from "./verify-envelope.ts";

export const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const id = (byte: number): Uint8Array => new Uint8Array(16).fill(byte);

export const gatewayKey: TestKey = testKey("ed25519");
export const mcuKey: TestKey = testKey("ed25519");
export const strangerKey: TestKey = testKey("ed25519");

export const gateway: ComponentId = [ascii("gateway")];
/** Where the MCU lies as the gateway knows it, and its one component as its own maker knows it. */
export const mcuPrefix: ComponentId = [ascii("mcu")];
export const mcuApp: ComponentId = [ascii("app")];

const vendorId: Uint8Array = id(0xa1);
const gatewayClass: Uint8Array = id(0xc1);
export const mcuClass: Uint8Array = id(0xc2);

export const imageOf = (
  content: string,
  algorithm: DigestName = "sha-256",
): { readonly imageDigest: SuitDigest; readonly imageSize: bigint } => ({
  imageDigest: {
    algorithm,
    bytes: new Uint8Array(createHash(algorithm.replace("-", "")).update(content).digest()),
  },
  imageSize: BigInt(content.length),
});

export const check = (condition: Condition): CommandInput => ({ kind: "condition", condition, policy: 15 });
export const act = (directive: Directive): CommandInput => ({ kind: "directive", directive, policy: 2 });
export const use = (index: number): CommandInput => ({ kind: "set-component-index", index });
export const override = (parameters: Parameters): CommandInput => ({ kind: "override-parameters", parameters });
export const setUnset = (parameters: Parameters): CommandInput => ({ kind: "set-parameters", parameters });
export const sequence = (...commands: CommandInput[]): SequenceInput => ({ commands });
export const inline = (...commands: CommandInput[]): { readonly at: "inline"; readonly value: SequenceInput } => ({
  at: "inline",
  value: sequence(...commands),
});

export const mcuImage: ReturnType<typeof imageOf> = imageOf("mcu image");

/** The MCU's own manifest: it knows nothing of any gateway. */
export const mcuManifest: ManifestInput = {
  sequenceNumber: 3n,
  components: [mcuApp],
  shared: sequence(
    override({ vendorIdentifier: vendorId, classIdentifier: mcuClass, ...mcuImage }),
    check("vendor-identifier"),
    check("class-identifier"),
  ),
  install: inline(setUnset({ uri: "mcu.bin" }), act("fetch"), check("image-match")),
  validate: sequence(check("image-match")),
};

export interface MadeEnvelope {
  readonly bytes: Uint8Array;
  readonly digest: SuitDigest;
}

export function envelopeOf(
  manifest: ManifestInput,
  signers: readonly TestKey[],
  integratedPayloads: ReadonlyMap<string, Uint8Array> = new Map(),
  algorithms: { readonly digest?: DigestName; readonly severed?: DigestName } = {},
): MadeEnvelope {
  const members = algorithms.severed === undefined ? [] : (["install"] as const);
  const { manifest: held, severed } = severMembers(manifest, members, algorithms.severed ?? "sha-256", nodeCrypto);
  const manifestBytes = serializeManifest(held);
  const digest = manifestDigest(encloseBytes(manifestBytes), algorithms.digest ?? "sha-256", nodeCrypto);
  const digestElement = encodeDigest(digest);
  const blocks = signers.map((key) => blockBy(key, digestElement));
  return { bytes: buildEnvelope({ digestElement, blocks, manifestBytes, severed, integratedPayloads }), digest };
}

export const mcuEnvelope: MadeEnvelope = envelopeOf(mcuManifest, [mcuKey]);

const dependency: Dependency = { index: 1, prefix: mcuPrefix };
export const resolve = (digest: SuitDigest): CommandInput[] => [
  use(1),
  override({ imageDigest: digest, uri: "#mcu" }),
  act("fetch"),
  check("image-match"),
  check("dependency-integrity"),
];

/** The gateway's manifest around an MCU envelope with this digest. */
export const gatewayManifest = (digest: SuitDigest = mcuEnvelope.digest): ManifestInput => ({
  sequenceNumber: 9n,
  components: [gateway],
  dependencies: [dependency],
  shared: sequence(
    use(0),
    override({ vendorIdentifier: vendorId, classIdentifier: gatewayClass, ...imageOf("gateway image") }),
    check("vendor-identifier"),
    check("class-identifier"),
  ),
  dependencyResolution: inline(...resolve(digest)),
  install: inline(
    use(1),
    act("process-dependency"),
    use(0),
    override({ uri: "gateway.bin" }),
    act("fetch"),
    check("image-match"),
  ),
  validate: sequence(
    use(1),
    override({ imageDigest: digest }),
    check("dependency-integrity"),
    act("process-dependency"),
    use(0),
    check("image-match"),
  ),
});

export interface Made {
  readonly mcu?: MadeEnvelope;
  readonly change?: (manifest: ManifestInput) => ManifestInput;
  readonly signers?: readonly TestKey[];
  /** What lies in the envelope under "#mcu". */
  readonly carried?: Uint8Array;
}

export function release({
  mcu = mcuEnvelope,
  change = (same) => same,
  signers = [gatewayKey],
  carried,
}: Made = {}): Uint8Array {
  const payloads = new Map([["#mcu", carried ?? mcu.bytes]]);
  return envelopeOf(change(gatewayManifest(mcu.digest)), signers, payloads).bytes;
}

/** Neither may write what is the other's. */
export const trust: TrustRecord = {
  roles: [
    roleOf("gateway", [gatewayKey], { components: [gateway] }),
    roleOf("mcu", [mcuKey], { components: [[...mcuPrefix, ...mcuApp]] }),
  ],
  legacyAlgorithms: [],
};

export const context: VerifyContext = {
  crypto: nodeCrypto,
  trust,
  recipient: {
    vendorIds: [vendorId],
    classIds: [gatewayClass],
    components: [
      { id: gateway, maxSize: 1000n },
      {
        id: [...mcuPrefix, ...mcuApp],
        maxSize: 1000n,
        identity: { vendorIds: [vendorId], classIds: [mcuClass] },
      },
    ],
  },
  installed: { floor: 5n },
  limits: { ...defaultLimits, extensions: [trustDomains12] },
  dependencies: { installed: () => ({ floor: 2n }) },
};
