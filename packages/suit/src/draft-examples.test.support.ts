import { createHash } from "node:crypto";
import { hexToBytes } from "@sumac/crypto";
import type { ComponentIndex, Condition, Directive, Parameters } from "./command.ts";
import { classIdFor, vendorIdFor } from "./identity.ts";
import type { SuitDigest } from "./manifest.ts";
import type { CommandInput, ManifestInput, SequenceInput } from "./manifest-input.ts";

/** Examples 0 to 5 of draft-ietf-suit-manifest-37 as an author would describe them; example 2 before it is severed. */

const sha1 = (bytes: Uint8Array) => new Uint8Array(createHash("sha1").update(bytes).digest());
const vendorIdentifier = vendorIdFor("arm.com", sha1);
const identity: Parameters = { vendorIdentifier, classIdentifier: classIdFor(vendorIdentifier, "suit", sha1) };

const sha256 = (hex: string): SuitDigest => ({ algorithm: "sha-256", bytes: hexToBytes(hex) });
const imageA: Parameters = {
  imageDigest: sha256("00112233445566778899aabbccddeeff0123456789abcdeffedcba9876543210"),
  imageSize: 34768n,
};
const imageB: Parameters = {
  imageDigest: sha256("0123456789abcdeffedcba987654321000112233445566778899aabbccddeeff"),
  imageSize: 76834n,
};

const check = (condition: Condition, policy = 15): CommandInput => ({ kind: "condition", condition, policy });
const act = (directive: Directive): CommandInput => ({ kind: "directive", directive, policy: 2 });
const use = (index: ComponentIndex): CommandInput => ({ kind: "set-component-index", index });
const override = (...parameters: Parameters[]): CommandInput => ({
  kind: "override-parameters",
  parameters: Object.assign({}, ...parameters) as Parameters,
});
const sequence = (...commands: CommandInput[]): SequenceInput => ({ commands });
const inline = <T>(value: T) => ({ at: "inline", value }) as const;
const tryEach = (...sequences: SequenceInput[]): CommandInput => ({ kind: "try-each", sequences, orNil: false });

const isForUs = [check("vendor-identifier"), check("class-identifier")];
const fetchFrom = (uri: string) => [override({ uri }), act("fetch"), check("image-match")];
const oneComponent = { components: [[Uint8Array.of(0)]] };
const shared = sequence(override(identity, imageA), ...isForUs);
const validate = sequence(check("image-match"));
const invoke = sequence(act("invoke"));

const inSlot = (slot: bigint, parameters: Parameters) =>
  sequence(override({ componentSlot: slot }), check("component-slot", 5), override(parameters));

const description = `## Example 2: Simultaneous Download, Installation, Secure Boot, Severed Fields

    This example covers the following templates:
    
    * Compatibility Check ({{template-compatibility-check}})
    * Secure Boot ({{template-secure-boot}})
    * Firmware Download ({{firmware-download-template}})
    
    This example also demonstrates severable elements ({{ovr-severable}}), and text ({{manifest-digest-text}}).`;

export const draftExamples: readonly ManifestInput[] = [
  { sequenceNumber: 0n, ...oneComponent, shared, validate, invoke },
  {
    sequenceNumber: 1n,
    ...oneComponent,
    shared,
    validate,
    install: inline(sequence(...fetchFrom("http://example.com/file.bin"))),
  },
  {
    sequenceNumber: 2n,
    ...oneComponent,
    shared,
    referenceUri: "https://git.io/JJYoj",
    validate,
    invoke,
    install: inline(sequence(...fetchFrom("http://example.com/very/long/path/to/file/file.bin"))),
    text: inline({
      languages: [
        {
          language: "en-US",
          manifestDescription: description,
          components: [
            {
              component: [Uint8Array.of(0)],
              vendorDomain: "arm.com",
              description: "This component is a demonstration. The digest is a sample pattern, not a real one.",
            },
          ],
        },
      ],
    }),
  },
  {
    sequenceNumber: 3n,
    ...oneComponent,
    shared: sequence(override(identity), tryEach(inSlot(0n, imageA), inSlot(1n, imageB)), ...isForUs),
    validate,
    install: inline(
      sequence(
        tryEach(
          inSlot(0n, { uri: "http://example.com/file1.bin" }),
          inSlot(1n, { uri: "http://example.com/file2.bin" }),
        ),
        act("fetch"),
        check("image-match"),
      ),
    ),
  },
  {
    sequenceNumber: 4n,
    components: [[Uint8Array.of(0)], [Uint8Array.of(2)], [Uint8Array.of(1)]],
    shared: sequence(use(0), override(identity, imageA), ...isForUs),
    validate: sequence(use(0), check("image-match")),
    load: sequence(use(2), override(imageB, { sourceComponent: 0 }), act("copy"), check("image-match")),
    invoke: sequence(use(2), act("invoke")),
    payloadFetch: inline(
      sequence(
        use(1),
        override({ imageDigest: imageA.imageDigest as SuitDigest, uri: "http://example.com/file.bin" }),
        act("fetch"),
        check("image-match"),
      ),
    ),
    install: inline(sequence(use(0), override({ sourceComponent: 1 }), act("copy"), check("image-match"))),
  },
  {
    sequenceNumber: 5n,
    components: [[Uint8Array.of(0)], [Uint8Array.of(1)]],
    shared: sequence(use(0), override(identity, imageA), ...isForUs, use(1), override(imageB)),
    validate: sequence(use(0), check("image-match"), use(1), check("image-match")),
    invoke: sequence(use(0), act("invoke")),
    install: inline(
      sequence(
        use(0),
        ...fetchFrom("http://example.com/file1.bin"),
        use(1),
        ...fetchFrom("http://example.com/file2.bin"),
      ),
    ),
  },
];
