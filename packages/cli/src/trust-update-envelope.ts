import { nodeCrypto } from "@sumac/crypto/node";
import type { ReleaseDescription } from "@sumac/signing";
import { nodeSha1 } from "@sumac/signing/node";
import {
  buildEnvelope,
  classIdFor,
  digestOf,
  encloseBytes,
  encodeDigest,
  manifestDigest,
  type SuitDigest,
  serializeManifest,
  vendorIdFor,
} from "@sumac/suit";
import { type TrustPart, trustComponents } from "@sumac/verifier";

export interface TrustUpdateInput {
  readonly part: TrustPart;
  /** Serialised. */
  readonly record: Uint8Array;
  readonly sequence: bigint;
  readonly description: ReleaseDescription;
  /** Seconds since 1970; absent = it does not expire. */
  readonly useBefore?: bigint;
}

const recordAll = 15;
const payloadUri = "#trust-record";

/** An unsigned envelope with the record in it: one component, fetched and matched, never invoked (trust.md 6). */
export function buildTrustUpdate({ part, record, sequence, description, useBefore }: TrustUpdateInput): {
  readonly envelope: Uint8Array;
  readonly manifestDigest: SuitDigest;
} {
  const vendorIdentifier = vendorIdFor(description.vendor, nodeSha1);
  const manifestBytes = serializeManifest({
    sequenceNumber: sequence,
    components: [trustComponents[part]],
    shared: {
      commands: [
        {
          kind: "override-parameters",
          parameters: {
            vendorIdentifier,
            classIdentifier: classIdFor(vendorIdentifier, description.product, nodeSha1),
            imageDigest: digestOf(nodeCrypto, "sha-256", record),
            imageSize: BigInt(record.length),
            ...(useBefore === undefined ? {} : { useBefore }),
          },
        },
        { kind: "condition", condition: "vendor-identifier", policy: recordAll },
        { kind: "condition", condition: "class-identifier", policy: recordAll },
        ...(useBefore === undefined
          ? []
          : ([{ kind: "condition", condition: "use-before", policy: recordAll }] as const)),
      ],
    },
    validate: { commands: [{ kind: "condition", condition: "image-match", policy: recordAll }] },
    install: {
      at: "inline",
      value: {
        commands: [
          { kind: "override-parameters", parameters: { uri: payloadUri } },
          { kind: "directive", directive: "fetch", policy: 2 },
          { kind: "condition", condition: "image-match", policy: recordAll },
        ],
      },
    },
  });
  const wrapped = manifestDigest(encloseBytes(manifestBytes), "sha-256", nodeCrypto);
  return {
    manifestDigest: wrapped,
    envelope: buildEnvelope({
      digestElement: encodeDigest(wrapped),
      blocks: [],
      manifestBytes,
      severed: new Map(),
      integratedPayloads: new Map([[payloadUri, record]]),
    }),
  };
}
