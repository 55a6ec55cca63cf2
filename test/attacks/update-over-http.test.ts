import { encode } from "@sumac/cbor";
import { nodeCrypto } from "@sumac/crypto/node";
import { buildEnvelope, digestOf } from "@sumac/suit";
import {
  type Attack,
  describeAttacks,
  offered,
  releases,
  sendEnvelope,
  sendPayload,
  sendRelease,
  signers,
  vendorTrust,
} from "../support/attack-scene.ts";
import {
  condition,
  craftRelease,
  directive,
  find,
  flip,
  set,
  signBlock,
  takeApart,
} from "../support/crafted-envelope.ts";
import { classId, firmware, makeRelease } from "../support/example-product.ts";
import { endless } from "../support/on-path-attacker.ts";

const { vendor, foreign } = signers;
const newer = { version: "9.9.9", sequence: 99n, image: offered.image };

const payloads: readonly Attack[] = [
  {
    threat: "T-NET-ONPATH",
    name: "one bit of the payload flipped",
    send: () => sendPayload((image) => flip(image, image.length >> 1)),
    code: "image-digest-mismatch",
    touches: "staging",
  },
  {
    threat: "T-NET-ONPATH",
    name: "the first block of the payload erased",
    send: () => sendPayload((image) => image.slice().fill(0xff, 0, 4096)),
    code: "image-digest-mismatch",
    touches: "staging",
  },
  {
    threat: "T-NET-ONPATH",
    name: "the payload cut short",
    send: () => sendPayload((image) => image.subarray(0, -100)),
    code: "image-too-short",
    touches: "staging",
  },
  {
    threat: "T-NET-ONPATH",
    name: "no payload at all",
    send: () => sendPayload(() => new Uint8Array()),
    code: "image-too-short",
    touches: "staging",
  },
  {
    threat: "T-IMG-EXTRA",
    name: "one byte hung on the payload",
    send: () => sendPayload((image) => Uint8Array.of(...image, 0)),
    code: "image-too-long",
    touches: "staging",
  },
  {
    threat: "T-TUF-ENDLESS",
    name: "a payload without end",
    send: () => ({ file: (name) => (name === offered.uri ? endless : undefined) }),
    code: "image-too-long",
    touches: "staging",
  },
  {
    threat: "T-IMG-EXPIRED",
    name: "the payload of an older genuine release under the new envelope",
    send: () => sendPayload(() => releases["1.0.0"].image),
    code: "image-too-short",
    touches: "staging",
  },
  {
    threat: "T-NET-ONPATH",
    name: "another genuine payload, made as long as the right one",
    send: () => sendPayload((image) => Uint8Array.of(...releases["1.1.0"].image, ...image).subarray(0, image.length)),
    code: "image-digest-mismatch",
    touches: "staging",
  },
  {
    threat: "T-DEV-BAD-RELEASE",
    name: "a genuine release that does not do its work",
    send: () => ({}),
    conditions: { selfTest: "failed" },
    code: "trial-not-confirmed",
    ends: "reverted",
    touches: "staging-and-record",
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "a payload inside the signed envelope altered",
    send: async () => {
      const { envelope, image } = await craftRelease({ uri: "#firmware", carried: "inside", signers: [vendor] });
      return sendEnvelope(flip(envelope, find(envelope, image) + 300));
    },
    code: "image-digest-mismatch",
    touches: "staging",
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "a payload inside the envelope where the manifest means one outside",
    send: async () => {
      const { envelope, uri } = await craftRelease({ signers: [vendor] });
      const integratedPayloads = new Map([[uri, new Uint8Array(512).fill(0xe0)]]);
      return sendEnvelope(buildEnvelope({ ...takeApart(envelope), integratedPayloads }));
    },
    code: "image-digest-mismatch",
    touches: "staging",
  },
  {
    threat: "T-MFST-TOCTOU",
    name: "exchanged in the slot after it was verified",
    send: () => ({}),
    conditions: { beforeRestart: (flash, offset) => flash.tamper(offset + 4096, new Uint8Array(16)) },
    code: "slot-readback-mismatch",
    ends: "reverted",
    touches: "staging-and-record",
  },
];

const signatures: readonly Attack[] = [
  {
    threat: "T-MFST-MODIFICATION",
    name: "one bit of the manifest flipped",
    send: () => sendEnvelope(flip(offered.envelope, find(offered.envelope, classId))),
    code: "manifest-digest-mismatch",
  },
  {
    threat: "T-MFST-MODIFICATION",
    name: "the manifest of an older release under the signatures of the new one",
    send: () => {
      const { manifestBytes } = takeApart(releases["1.1.0"].envelope);
      return sendEnvelope(buildEnvelope({ ...takeApart(offered.envelope), manifestBytes }));
    },
    code: "manifest-digest-mismatch",
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "one bit of the signature flipped",
    send: () => {
      const { blocks, ...parts } = takeApart(offered.envelope);
      const [first = new Uint8Array()] = blocks;
      return sendEnvelope(buildEnvelope({ ...parts, blocks: [flip(first, first.length - 1)] }));
    },
    code: "signature-invalid",
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "another image, every size and digest right, under the genuine signatures",
    send: async () => {
      const { blocks } = takeApart(offered.envelope);
      const forged = await craftRelease({ sequence: offered.sequence });
      return sendRelease({ ...forged, envelope: buildEnvelope({ ...takeApart(forged.envelope), blocks }) });
    },
    code: "signature-invalid",
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "a genuine signature over another genuine release",
    send: () => {
      const { blocks } = takeApart(releases["1.1.0"].envelope);
      return sendEnvelope(buildEnvelope({ ...takeApart(offered.envelope), blocks }));
    },
    code: "signature-invalid",
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "unsigned",
    send: async () => sendRelease(await makeRelease(newer, [])),
    code: "threshold-not-met",
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "signed by a foreign key",
    send: async () => sendRelease(await makeRelease(newer, [foreign])),
    code: "signer-unknown",
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "signed by the plant alone",
    send: async () => sendRelease(await makeRelease(newer, [signers.owner])),
    code: "signer-unknown",
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "a foreign signature under the vendor's key id",
    send: async () => sendRelease(await signedAs({ ...foreign, keyId: vendor.keyId })),
    code: "signature-invalid",
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "an algorithm id that was given up (EdDSA, -8)",
    send: async () => sendRelease(await signedAs(vendor, -8)),
    code: "algorithm-not-allowed",
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "an algorithm that is not the key's (ESP256 for an Ed25519 key)",
    send: async () => sendRelease(await signedAs(vendor, -9)),
    code: "algorithm-not-allowed",
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "an algorithm nobody knows",
    send: async () => sendRelease(await signedAs(vendor, -65_000)),
    code: "algorithm-not-allowed",
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "the version text altered",
    send: () => sendEnvelope(flip(offered.envelope, find(offered.envelope, new TextEncoder().encode("1.2.0")))),
    code: "severed-member-mismatch",
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "the severed installation altered",
    send: async () => {
      const { envelope, uri } = await craftRelease({ sever: ["install"], signers: [vendor] });
      return sendEnvelope(flip(envelope, find(envelope, new TextEncoder().encode(uri))));
    },
    code: "severed-member-mismatch",
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "the severed installation left away",
    send: async () => {
      const { envelope } = await craftRelease({ sever: ["install"], signers: [vendor] });
      return sendEnvelope(buildEnvelope({ ...takeApart(envelope), severed: new Map() }));
    },
    code: "severed-member-missing",
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "an installation hung on beside the signed one",
    send: async () => {
      const parts = takeApart((await craftRelease({ signers: [vendor] })).envelope);
      return sendEnvelope(buildEnvelope({ ...parts, severed: new Map([["install", encode([21, 2])]]) }));
    },
    code: "member-unauthenticated",
  },
];

/** A release that the signer signed under another algorithm id than its own. */
async function signedAs(signer: typeof vendor, algorithm?: number): Promise<typeof offered> {
  const release = await craftRelease({});
  const parts = takeApart(release.envelope);
  const block = await signBlock(signer, parts.digestElement, algorithm === undefined ? {} : { algorithm });
  return { ...release, envelope: buildEnvelope({ ...parts, blocks: [block] }) };
}

const envelopes: readonly Attack[] = [
  {
    threat: "T-TUF-ENDLESS",
    name: "an envelope without end",
    send: () => ({ file: (name) => (name === "manifest.suit" ? endless : undefined) }),
    code: "too-large",
  },
  {
    threat: "T-UPT-DENIAL",
    name: "an envelope larger than its place",
    send: async () =>
      sendRelease(await craftRelease({ uri: "#x", carried: "inside", image: new Uint8Array(9000), signers: [vendor] })),
    code: "too-large",
  },
  {
    threat: "T-NET-ONPATH",
    name: "the envelope cut short",
    send: () => sendEnvelope(offered.envelope.subarray(0, -1)),
    code: "malformed",
  },
  {
    threat: "T-NET-ONPATH",
    name: "a page of a captive portal instead of the envelope",
    send: () => sendEnvelope(new TextEncoder().encode("<!doctype html><title>Please log in</title>")),
    code: "malformed",
  },
  {
    threat: "T-NET-ONPATH",
    name: "an empty envelope",
    send: () => sendEnvelope(new Uint8Array()),
    code: "malformed",
  },
  {
    threat: "T-UPT-DENIAL",
    name: "an envelope nested without reason",
    send: () => sendEnvelope(new Uint8Array(4000).fill(0x81)),
    code: "malformed",
  },
];

const places: readonly Attack[] = [
  {
    threat: "T-IMG-LOCATION",
    name: "for a component that the device has not",
    send: async () =>
      sendRelease(await craftRelease({ manifest: { components: [[Uint8Array.of(9)]] }, signers: [vendor] })),
    code: "component-unknown",
  },
  {
    threat: "T-IMG-LOCATION",
    name: "firmware, signed by who may write settings only",
    send: async () => sendRelease(await makeRelease(newer, [signers["vendor-p256"]])),
    code: "component-not-authorised",
  },
  {
    threat: "T-IMG-LOCATION",
    name: "an image larger than the slot",
    send: async () => sendRelease(await makeRelease({ ...newer, image: new Uint8Array(32_769) }, [vendor])),
    code: "image-too-large",
  },
];

const commands: readonly Attack[] = [
  {
    threat: "T-MFST-OVERRIDE",
    name: "an image written from inside the manifest",
    send: async () => {
      const content = new Uint8Array(512).fill(0x5a);
      return sendRelease(
        await craftRelease({
          install: [set({ content }), directive("write"), condition("image-match")],
          signers: [vendor],
        }),
      );
    },
    code: "unsupported",
  },
  {
    threat: "T-MFST-OVERRIDE",
    name: "the digest exchanged between fetch and match",
    send: async () => {
      const imageDigest = digestOf(nodeCrypto, "sha-256", new Uint8Array(1));
      return sendRelease(
        await craftRelease({
          install: [directive("fetch"), condition("image-match"), set({ imageDigest }), condition("image-match")],
          signers: [vendor],
        }),
      );
    },
    code: "condition-failed",
  },
  {
    threat: "T-MFST-OVERRIDE",
    name: "one component under two numbers",
    send: async () =>
      sendRelease(await craftRelease({ manifest: { components: [firmware, firmware] }, signers: [vendor] })),
    code: "malformed",
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "an image that nothing is compared with",
    send: async () =>
      sendRelease(
        await craftRelease({
          install: [directive("fetch")],
          manifest: { validate: { commands: [condition("class-identifier")] } },
          signers: [vendor],
        }),
      ),
    code: "image-match-missing",
  },
  {
    threat: "T-NET-REDIRECT",
    name: "a payload that should be in the envelope, offered on the network",
    send: async () => sendRelease(await craftRelease({ uri: "#firmware", signers: [vendor] })),
    code: "command-failed",
  },
  {
    threat: "T-NET-REDIRECT",
    name: "a signed address of another host for the payload",
    send: async ({ stranger }) =>
      sendEnvelope((await craftRelease({ uri: `${stranger.url}/firmware.bin`, signers: [vendor] })).envelope),
    code: "artifact-missing",
    ends: "undeliverable",
  },
];

describeAttacks("an update, altered on its way over HTTP", vendorTrust, [
  ...payloads,
  ...signatures,
  ...envelopes,
  ...places,
  ...commands,
]);
