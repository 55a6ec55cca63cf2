import { bytesToHex } from "@sumac/crypto";
import type { CommandInput, ManifestInput, SequenceInput, SuitDigest } from "@sumac/suit";
import { componentKey, dependencyLimits, parseManifest } from "@sumac/suit";
import { describe, expect, test } from "vitest";
import {
  act,
  ascii,
  check,
  context,
  envelopeOf,
  gateway,
  gatewayKey,
  gatewayManifest,
  imageOf,
  inline,
  type Made,
  mcuApp,
  mcuClass,
  mcuEnvelope,
  mcuImage,
  mcuKey,
  mcuManifest,
  mcuPrefix,
  override,
  release,
  resolve,
  sequence,
  setUnset,
  strangerKey,
  trust,
  use,
} from "./dependencies.test.support.ts";
import { explain } from "./explain.ts";
import type { PlanStep } from "./plan.ts";
import type { RecipientComponent } from "./recipient.ts";
import { roleOf, testKey } from "./signed-release.test.support.ts";
import { type VerifyContext, verifyEnvelope } from "./verify-envelope.ts";

const mcuComponent = componentKey([...mcuPrefix, ...mcuApp]);
const inShort = (step: PlanStep): string =>
  `${step.do} ${step.dependency === undefined ? "gateway" : `dependency ${step.dependency}`}/${step.component}`;

describe("a gateway's release with its MCU's inside", () => {
  const answer = verifyEnvelope(release(), context);

  test("is planned in lockstep, each step with the manifest it belongs to", () => {
    expect(answer.ok && answer.value.plan.update.map(inShort)).toEqual([
      "fetch dependency 1/0",
      "image-match dependency 1/0",
      "fetch gateway/0",
      "image-match gateway/0",
      "image-match dependency 1/0",
      "image-match gateway/0",
    ]);
    const expected = { digest: mcuImage.imageDigest, size: mcuImage.imageSize };
    expect(answer.ok && answer.value.plan.update[0]).toEqual({
      do: "fetch",
      component: 0,
      dependency: 1,
      id: [...mcuPrefix, ...mcuApp],
      uri: "mcu.bin",
      source: "remote",
      expected,
    });
    expect(answer.ok && answer.value.plan.invocation.map(inShort)).toEqual([
      "image-match dependency 1/0",
      "image-match gateway/0",
    ]);
  });

  test("tells who signed which manifest", () => {
    if (!answer.ok) throw new Error(JSON.stringify(answer.error));
    const mcu = answer.value.dependencies.get(1);
    expect([...answer.value.dependencies.keys()]).toEqual([1]);
    expect(answer.value.signers).toMatchObject([{ roles: ["gateway"] }]);
    expect(mcu?.signers).toMatchObject([{ roles: ["mcu"] }]);
    expect(mcu?.standing).toBe("newer");
    expect(mcu?.manifestDigest).toEqual(mcuEnvelope.digest);
    expect(mcu?.manifest.sequenceNumber).toBe(3n);
  });

  test("its payloads are those of the envelope whose manifest names them", () => {
    const manifest = { ...mcuManifest, install: inline(override({ uri: "#in" }), act("fetch"), check("image-match")) };
    const carrying = envelopeOf(manifest, [mcuKey], new Map([["#in", ascii("mcu image")]]));
    const verdict = verifyEnvelope(release({ mcu: carrying }), context);
    expect(verdict.ok && verdict.value.plan.update[0]).toMatchObject({
      uri: "#in",
      source: "integrated",
      dependency: 1,
    });
    // "#in" of the outer envelope is not the dependency's.
    const bare = envelopeOf(manifest, [mcuKey]);
    const payloads = new Map([
      ["#mcu", bare.bytes],
      ["#in", ascii("mcu image")],
    ]);
    const other = envelopeOf(gatewayManifest(bare.digest), [gatewayKey], payloads);
    expect(verifyEnvelope(other.bytes, context)).toMatchObject({
      error: { code: "dependency-refused", because: { code: "command-failed", because: "payload-missing" } },
    });
  });

  test("two of them are told apart, each with its own digest and uri", () => {
    const second = envelopeOf({ ...mcuManifest, sequenceNumber: 4n }, [mcuKey]);
    const other = [ascii("mcu2")];
    const manifest = gatewayManifest();
    const integrity = (index: number, imageDigest: SuitDigest): CommandInput[] => [
      use(index),
      override({ imageDigest }),
      check("dependency-integrity"),
      act("process-dependency"),
    ];
    const both: ManifestInput = {
      ...manifest,
      dependencies: [...(manifest.dependencies ?? []), { index: 2, prefix: other }],
      dependencyResolution: inline(
        use(1),
        override({ imageDigest: mcuEnvelope.digest, uri: "#mcu" }),
        use(2),
        override({ imageDigest: second.digest, uri: "#mcu2" }),
        { kind: "set-component-index", index: [1, 2] },
        act("fetch"),
        check("image-match"),
        check("dependency-integrity"),
      ),
      install: inline({ kind: "set-component-index", index: [2, 1] }, act("process-dependency")),
      validate: sequence(...integrity(1, mcuEnvelope.digest), ...integrity(2, second.digest)),
    };
    const [own, mcu] = context.recipient.components as readonly RecipientComponent[];
    if (own === undefined || mcu === undefined) throw new Error("the gateway has two components");
    const id = [...other, ...mcuApp];
    const payloads = new Map([
      ["#mcu", mcuEnvelope.bytes],
      ["#mcu2", second.bytes],
    ]);
    const verdict = verifyEnvelope(envelopeOf(both, [gatewayKey], payloads).bytes, {
      ...context,
      trust: { ...trust, roles: [roleOf("all", [gatewayKey, mcuKey])] },
      recipient: { ...context.recipient, components: [own, mcu, { ...mcu, id }] },
      // Each has its own floor, asked for by its components.
      dependencies: { installed: ([first]) => ({ floor: componentKey(first ?? []) === componentKey(id) ? 4n : 3n }) },
    });
    if (!verdict.ok) throw new Error(verdict.error.code);
    expect(verdict.value.plan.update.map(inShort).slice(0, 4)).toEqual([
      "fetch dependency 2/0",
      "image-match dependency 2/0",
      "fetch dependency 1/0",
      "image-match dependency 1/0",
    ]);
    expect([...verdict.value.dependencies].map(([at, { manifest: one }]) => [at, one.sequenceNumber])).toEqual([
      [1, 3n],
      [2, 4n],
    ]);
  });

  test("may be fetched and checked again in a later section", () => {
    const inTwoSections = envelopeOf({ ...mcuManifest, payloadFetch: inline(check("vendor-identifier")) }, [mcuKey]);
    const again = resolve(inTwoSections.digest);
    const change = (manifest: ManifestInput): ManifestInput => ({
      ...manifest,
      payloadFetch: inline(use(1), act("process-dependency")),
      install: inline(
        ...again,
        act("process-dependency"),
        use(0),
        override({ uri: "g" }),
        act("fetch"),
        check("image-match"),
      ),
    });
    expect(verifyEnvelope(release({ mcu: inTwoSections, change }), context)).toMatchObject({ ok: true });
  });

  describe("of which its dependent names the component too, signed by someone who may", () => {
    const everything = { ...trust, roles: [roleOf("all", [gatewayKey, mcuKey])] };
    const planned = (mcu: ManifestInput, ...install: CommandInput[]): readonly PlanStep[] => {
      const made = envelopeOf(mcu, [mcuKey]);
      const change = (manifest: ManifestInput): ManifestInput => ({
        ...manifest,
        components: [gateway, [...mcuPrefix, ...mcuApp]],
        dependencies: [{ index: 2, prefix: mcuPrefix }],
        dependencyResolution: inline(use(2), ...resolve(made.digest).slice(1)),
        install: inline(...install),
        validate: sequence(
          use(2),
          override({ imageDigest: made.digest }),
          check("dependency-integrity"),
          act("process-dependency"),
        ),
      });
      const verdict = verifyEnvelope(release({ mcu: made, change }), { ...context, trust: everything });
      if (!verdict.ok) throw new Error(JSON.stringify(verdict.error));
      return verdict.value.plan.update;
    };
    const decide = [use(1), setUnset({ uri: "mirror.bin" }), use(2), act("process-dependency")];
    const uri = ([fetch]: readonly PlanStep[]) => fetch?.do === "fetch" && fetch.uri;

    test("what the dependency sets with 19 is decided by its dependent, what it sets with 20 is not (suit.md 7.1)", () => {
      expect(uri(planned(mcuManifest, ...decide))).toBe("mirror.bin");
      const firm = inline(override({ uri: "mcu.bin" }), act("fetch"), check("image-match"));
      expect(uri(planned({ ...mcuManifest, install: firm }, ...decide))).toBe("mcu.bin");
    });

    test("what the dependency sets stays set in its dependent", () => {
      const plan = planned(mcuManifest, use(2), act("process-dependency"), use(1), check("image-match"));
      expect(plan.slice(0, 3).map(inShort)).toEqual([
        "fetch dependency 2/0",
        "image-match dependency 2/0",
        "image-match gateway/1",
      ]);
    });
  });
});

test("the template of the draft: every dependency among all components, found by is-dependency", () => {
  const whole = override({ imageDigest: mcuEnvelope.digest, imageSize: BigInt(mcuEnvelope.bytes.length), uri: "#mcu" });
  const each = (...commands: CommandInput[]): CommandInput[] => [
    { kind: "set-component-index", index: "all" },
    {
      kind: "try-each",
      sequences: [sequence(check("is-dependency"), ...commands), sequence(check("is-dependency"))],
      orNil: true,
    },
  ];
  const process = act("process-dependency");
  const every: CommandInput = { kind: "set-component-index", index: "all" };
  const change = (manifest: ManifestInput): ManifestInput => ({
    ...manifest,
    dependencyResolution: inline(
      use(1),
      whole,
      ...each(act("fetch"), check("image-match"), check("dependency-integrity"), process),
    ),
    // With `true` the directive means the dependencies alone.
    install: inline(every, process, use(0), override({ uri: "g" }), act("fetch"), check("image-match")),
  });
  const verdict = verifyEnvelope(release({ change }), context);
  expect(verdict.ok && verdict.value.plan.update.map(inShort).slice(0, 4)).toEqual([
    "fetch dependency 1/0",
    "image-match dependency 1/0",
    "fetch gateway/0",
    "image-match gateway/0",
  ]);
  // A size, where one is given, is that of the whole envelope, as in the published examples.
  const longer = override({ imageDigest: mcuEnvelope.digest, imageSize: 1n, uri: "#mcu" });
  const wrong = inline(use(1), longer, act("fetch"), check("image-match"));
  expect(verifyEnvelope(release(outer(() => ({ dependencyResolution: wrong }))), context)).toMatchObject({
    error: { code: "condition-failed", condition: "image-match" },
  });
});

test.each([
  ["another place", [ascii("mcu2")]],
  ["no place, in a segment of no bytes", [new Uint8Array()]],
])("T-IMG-LOCATION one envelope under two indices is judged for each place: %s", (_name, prefix) => {
  const second: ManifestInput = {
    ...gatewayManifest(),
    dependencies: [{ index: 1 }, { index: 2, prefix }],
    dependencyResolution: inline(
      { kind: "set-component-index", index: [1, 2] },
      override({ imageDigest: mcuEnvelope.digest, uri: "#mcu" }),
      act("fetch"),
      check("dependency-integrity"),
    ),
  };
  const [own, mcu] = context.recipient.components as readonly [RecipientComponent, RecipientComponent];
  const { bytes } = envelopeOf(second, [gatewayKey], new Map([["#mcu", mcuEnvelope.bytes]]));
  const answer = verifyEnvelope(bytes, {
    ...context,
    trust: { ...trust, roles: [roleOf("gateway", [gatewayKey]), roleOf("mcu", [mcuKey], { components: [mcuApp] })] },
    recipient: {
      ...context.recipient,
      components: [own, { ...mcu, id: mcuApp }, { ...mcu, id: [...prefix, ...mcuApp] }],
    },
  });
  expect(answer).toMatchObject({
    error: { code: "dependency-refused", dependency: 2, because: { code: "component-not-authorised", role: "mcu" } },
  });
});

interface Attack {
  readonly threat: string;
  readonly name: string;
  readonly made?: Made;
  readonly send?: () => Uint8Array;
  readonly with?: Partial<VerifyContext>;
  /** The answer; `because` = it is the dependency that is refused, for this. */
  readonly error: { readonly code: string } & Readonly<Record<string, unknown>>;
}

const refused = (because: object) => ({ code: "dependency-refused", dependency: 1, because });
const failed = (because: string, command = "process-dependency") => ({ code: "command-failed", command, because });
const mcu = (over: Partial<ManifestInput>, signers = [mcuKey]): Made => ({
  mcu: envelopeOf({ ...mcuManifest, ...over }, signers),
});
const outer = (over: (manifest: ManifestInput) => Partial<ManifestInput>): Made => ({
  change: (manifest) => ({ ...manifest, ...over(manifest) }),
});
const flip = (bytes: Uint8Array, part: Uint8Array): Uint8Array => {
  const at = bytesToHex(bytes).indexOf(bytesToHex(part)) / 2;
  return bytes.with(at, (bytes[at] as number) ^ 1);
};

const deep = (levels: number): SequenceInput =>
  levels === 0 ? sequence(check("image-match")) : sequence({ kind: "run-sequence", sequence: deep(levels - 1) });

const attacks: readonly Attack[] = [
  {
    threat: "T-IMG-NON-AUTH",
    name: "processed in the invocation, where nothing checked it again",
    made: outer((manifest) => ({
      validate: sequence(...(manifest.validate?.commands.filter((_, i) => i !== 2) ?? [])),
    })),
    error: failed("dependency-unverified"),
  },
  {
    threat: "T-MFST-OVERRIDE",
    name: "the dependency known by a digest of another algorithm than its signers signed",
    made: { ...withoutMatch(imageOf("x", "sha-512").imageDigest) },
    error: refused({ code: "manifest-digest-mismatch" }),
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "nesting hidden in a dependency, of a depth that the dependency alone could have",
    made: mcu({ validate: deep(6) }),
    error: refused({ code: "limit-exceeded", limit: "maxDepth" }),
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "signed by nobody",
    made: mcu({}, []),
    error: refused({ code: "threshold-not-met", have: 0 }),
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "signed by a stranger",
    made: mcu({}, [strangerKey]),
    error: refused({ code: "signer-unknown" }),
  },
  {
    threat: "T-MFST-OVERRIDE",
    name: "signed by the gateway's people, who have no rights over the MCU",
    made: mcu({}, [gatewayKey]),
    error: refused({ code: "component-not-authorised", component: mcuComponent, role: "gateway" }),
  },
  {
    threat: "T-MFST-OVERRIDE",
    name: "the MCU's people releasing for the gateway",
    made: { signers: [mcuKey] },
    error: { code: "component-not-authorised", component: componentKey(gateway), role: "mcu" },
  },
  {
    threat: "T-MFST-OVERRIDE",
    name: "a dependency that writes the gateway itself, without prefix",
    made: { ...mcu({ components: [gateway] }), ...outer(() => ({ dependencies: [{ index: 1 }] })) },
    error: refused({ code: "wrong-class" }),
  },
  {
    threat: "T-MFST-OVERRIDE",
    name: "the same, naming the gateway's class",
    made: {
      ...mcu({ components: [gateway], shared: gatewayShared() }),
      ...outer(() => ({ dependencies: [{ index: 1 }] })),
    },
    error: refused({ code: "component-not-authorised", component: componentKey(gateway), role: "mcu" }),
  },
  {
    threat: "T-MFST-OVERRIDE",
    name: "the dependent naming the MCU's component as its own, to set its digest",
    made: outer((manifest) => ({
      components: [gateway, [...mcuPrefix, ...mcuApp]],
      dependencies: [{ index: 2, prefix: mcuPrefix }],
      install: inline(
        use(1),
        override(imageOf("evil")),
        ...(manifest.install?.at === "inline" ? manifest.install.value.commands : []),
      ),
    })),
    error: { code: "component-not-authorised", component: mcuComponent, role: "gateway" },
  },
  {
    threat: "T-MFST-OVERRIDE",
    name: "the dependent naming another digest for the dependency",
    made: outer(() => ({
      dependencyResolution: inline(...resolve(imageOf("other").imageDigest).filter((_, i) => i !== 3)),
    })),
    error: refused({
      code: "manifest-digest-mismatch",
      claimed: bytesToHex(imageOf("other").imageDigest.bytes),
      computed: bytesToHex(mcuEnvelope.digest.bytes),
    }),
  },
  {
    threat: "T-MFST-OVERRIDE",
    name: "the same in front of an image-match",
    made: outer(() => ({ dependencyResolution: inline(...resolve(imageOf("other").imageDigest)) })),
    error: { code: "condition-failed", condition: "image-match" },
  },
  {
    threat: "T-MFST-OVERRIDE",
    name: "another, genuinely signed MCU release in its place",
    made: { carried: envelopeOf({ ...mcuManifest, sequenceNumber: 2n }, [mcuKey]).bytes },
    error: { code: "condition-failed", condition: "image-match" },
  },
  {
    threat: "T-MFST-MODIFICATION",
    name: "one bit of the dependency's manifest",
    made: { carried: flip(mcuEnvelope.bytes, mcuImage.imageDigest.bytes) },
    error: { code: "condition-failed", condition: "image-match" },
  },
  {
    threat: "T-MFST-MODIFICATION",
    name: "the same where only its integrity is asked for",
    made: { ...withoutMatch(), carried: flip(mcuEnvelope.bytes, mcuImage.imageDigest.bytes) },
    error: refused({ code: "manifest-digest-mismatch" }),
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "one bit of the dependency's signature",
    made: { carried: flip(mcuEnvelope.bytes, signatureOf(mcuEnvelope.bytes)) },
    error: refused({ code: "signature-invalid" }),
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "bytes that are no envelope",
    made: { carried: ascii("MZ") },
    error: refused({ code: "malformed" }),
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "no dependency inside, to have it fetched from elsewhere",
    send: () => envelopeOf(gatewayManifest(), [gatewayKey]).bytes,
    error: { code: "unsupported", field: "dependency.fetch", label: 21 },
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "processed without dependency-integrity",
    made: outer(() => ({ dependencyResolution: inline(...resolve(mcuEnvelope.digest).slice(0, 4)) })),
    error: failed("dependency-unverified"),
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "dependency-integrity without a digest",
    made: outer(() => ({
      dependencyResolution: inline(use(1), override({ uri: "#mcu" }), act("fetch"), check("dependency-integrity")),
    })),
    error: failed("parameter-missing", "dependency-integrity"),
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "dependency-integrity before it is fetched",
    made: outer(() => ({
      dependencyResolution: inline(
        use(1),
        override({ imageDigest: mcuEnvelope.digest }),
        check("dependency-integrity"),
      ),
    })),
    error: failed("dependency-absent", "dependency-integrity"),
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "a dependency that fails, hidden in a try-each that may fail",
    made: {
      ...outer(() => ({
        dependencyResolution: inline(use(1), {
          kind: "try-each",
          sequences: [sequence(...resolve(mcuEnvelope.digest).filter((_, i) => i !== 3)), sequence(check("abort"))],
          orNil: true,
        }),
      })),
      carried: envelopeOf(mcuManifest, [strangerKey]).bytes,
    },
    error: refused({ code: "signer-unknown" }),
  },
  {
    threat: "T-MFST-TOCTOU",
    name: "another envelope fetched over the one that was verified",
    send: () => swapped(),
    error: failed("dependency-replaced", "fetch"),
  },
  {
    threat: "T-UPD-UNAPPROVED",
    name: "a section of the dependency that its dependent never runs",
    made: outer((manifest) => ({ validate: sequence(...(manifest.validate?.commands.slice(4) ?? [])) })),
    error: failed("dependency-passed-over"),
  },
  {
    threat: "T-UPD-UNAPPROVED",
    name: "the same in the invocation",
    made: mcu({ invoke: sequence(act("invoke")) }),
    error: failed("dependency-passed-over"),
  },
  {
    threat: "T-UPD-UNAPPROVED",
    name: "a dependency that is named and never looked at",
    made: outer((manifest) => ({
      dependencyResolution: inline(use(0), check("vendor-identifier")),
      install: inline(use(0), check("class-identifier")),
      validate: sequence(...(manifest.validate?.commands.slice(4) ?? [])),
    })),
    error: failed("dependency-unverified", "dependency-integrity"),
  },
  {
    threat: "T-UPD-UNAPPROVED",
    name: "a payload fetched before all dependencies are believed",
    made: outer((manifest) => ({
      dependencyResolution: inline(
        use(0),
        override({ uri: "a" }),
        act("fetch"),
        check("image-match"),
        ...(manifest.dependencyResolution?.at === "inline" ? manifest.dependencyResolution.value.commands : []),
      ),
    })),
    error: failed("dependency-unverified", "dependency-integrity"),
  },
  {
    threat: "T-UPD-UNAPPROVED",
    name: "process-dependency on a component",
    made: outer(() => ({ install: inline(use(0), act("process-dependency")) })),
    error: failed("no-dependency"),
  },
  {
    threat: "T-UPD-UNAPPROVED",
    name: "dependency-integrity on a component",
    made: outer(() => ({ install: inline(use(0), check("dependency-integrity")) })),
    error: failed("no-dependency", "dependency-integrity"),
  },
  {
    threat: "T-IMG-EXPIRED",
    name: "an old MCU release, genuinely signed, around which the gateway's people signed anew",
    made: {},
    with: { dependencies: { installed: () => ({ floor: 4n }) } },
    error: refused({ code: "rollback", offered: 3n, floor: 4n }),
  },
  {
    threat: "T-IMG-EXPIRED",
    name: "the MCU's number with another manifest",
    made: {},
    with: { dependencies: { installed: () => ({ floor: 3n, manifestDigest: new Uint8Array(32) }) } },
    error: refused({ code: "sequence-reused" }),
  },
  {
    threat: "T-IMG-INCOMPATIBLE",
    name: "an MCU release for another class",
    made: mcu({
      shared: sequence(
        override({
          vendorIdentifier: context.recipient.vendorIds[0] as Uint8Array,
          classIdentifier: new Uint8Array(16),
        }),
        check("vendor-identifier"),
        check("class-identifier"),
      ),
    }),
    error: refused({ code: "wrong-class" }),
  },
  {
    threat: "T-IMG-INCOMPATIBLE",
    name: "an MCU release that does not say for whom",
    made: mcu({ shared: sequence(override(mcuImage)) }),
    error: refused({ code: "identity-missing" }),
  },
  {
    threat: "T-IMG-FORMAT",
    name: "an MCU that this gateway does not have",
    made: {
      ...mcu({ shared: gatewayShared() }),
      ...outer(() => ({ dependencies: [{ index: 1, prefix: [ascii("other")] }] })),
    },
    error: refused({ code: "component-unknown", component: componentKey([ascii("other"), ...mcuApp]) }),
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "an image in the dependency that nothing matches",
    made: mcu({ install: inline(override({ uri: "a" }), act("fetch")), validate: sequence(act("invoke")) }),
    error: refused({ code: "image-match-missing", component: mcuComponent }),
  },
  {
    threat: "T-IMG-EXTRA",
    name: "an image too large for the MCU",
    made: mcu({ install: inline(override({ imageSize: 1001n, uri: "a" }), act("fetch"), check("image-match")) }),
    error: refused({ code: "image-too-large", size: 1001n, limit: 1000n }),
  },
  {
    threat: "T-MFST-OVERRIDE",
    name: "a dependency of a dependency",
    made: mcu({
      components: [mcuApp],
      dependencies: [{ index: 1 }],
      shared: mcuSharedWithIndex(),
      install: inline(use(0), override({ uri: "a" }), act("fetch"), check("image-match")),
      validate: sequence(use(0), check("image-match")),
    }),
    error: refused({ code: "unsupported", field: "dependency.manifest.common", label: 1 }),
  },
  {
    threat: "T-IMG-LOCATION",
    name: "a manifest that wants to be kept where its signer may not write",
    made: outer(() => ({ manifestComponentId: [...mcuPrefix, ...mcuApp] })),
    error: { code: "component-not-authorised", component: mcuComponent, role: "gateway" },
  },
  {
    threat: "T-IMG-LOCATION",
    name: "a dependency that wants to be kept in the place of another signer",
    made: mcu({ manifestComponentId: [ascii("elsewhere")] }),
    error: refused({ code: "component-not-authorised", component: componentKey([...mcuPrefix, ascii("elsewhere")]) }),
  },
  ...(["write", "copy", "swap", "invoke"] as const).map(
    (directive): Attack => ({
      threat: "T-IMG-FORMAT",
      name: `${directive} on a dependency`,
      made: outer(() => ({
        install: inline(use(1), override({ content: ascii("x"), sourceComponent: 0 }), act(directive)),
      })),
      error: { code: "unsupported", field: `dependency.${directive}` },
    }),
  ),
  {
    threat: "T-IMG-FORMAT",
    name: "a dependency copied into a component",
    made: outer(() => ({ install: inline(use(0), override({ sourceComponent: 1 }), act("copy")) })),
    error: failed("component-index", "copy"),
  },
  {
    threat: "T-UPD-UNAPPROVED",
    name: "unlink, which would need a counter of references",
    made: outer(() => ({ install: inline(use(0), act("unlink")) })),
    error: { code: "unsupported", field: "unlink", label: 33 },
  },
  {
    threat: "T-MFST-OVERRIDE",
    name: "a verifier that processes no dependencies",
    made: {},
    with: { dependencies: undefined as never },
    error: { code: "unsupported", field: "manifest.common", label: 1 },
  },
  {
    threat: "T-MFST-OVERRIDE",
    name: "a verifier that does not know of them",
    made: {},
    with: { limits: undefined as never },
    error: { code: "unsupported", field: "manifest", label: 15 },
  },
];

function gatewayShared() {
  return sequence(...(gatewayManifest().shared?.commands.slice(1) ?? []));
}

function mcuSharedWithIndex() {
  return sequence(use(0), ...(mcuManifest.shared?.commands ?? []));
}

function withoutMatch(digest = mcuEnvelope.digest): Made {
  return outer(() => ({ dependencyResolution: inline(...resolve(digest).filter((_, i) => i !== 3)) }));
}

function signatureOf(envelope: Uint8Array): Uint8Array {
  const hex = bytesToHex(envelope);
  const at = hex.indexOf("5840") / 2 + 2;
  return envelope.subarray(at, at + 64);
}

/** Two envelopes of the MCU, both genuine; the second is fetched behind the check of the first. */
function swapped(): Uint8Array {
  const second = envelopeOf({ ...mcuManifest, sequenceNumber: 4n }, [mcuKey]);
  const manifest: ManifestInput = {
    ...gatewayManifest(),
    dependencyResolution: inline(
      ...resolve(mcuEnvelope.digest),
      override({ imageDigest: second.digest, uri: "#second" }),
      act("fetch"),
    ),
  };
  return envelopeOf(
    manifest,
    [gatewayKey],
    new Map([
      ["#mcu", mcuEnvelope.bytes],
      ["#second", second.bytes],
    ]),
  ).bytes;
}

describe("refused, each with its own code", () => {
  for (const { threat, name, made, send, with: changes, error } of attacks) {
    test(`${threat} ${name}: ${error.code}`, () => {
      const bytes = send?.() ?? release(made);
      const answer = verifyEnvelope(bytes, { ...context, ...changes });
      expect(answer).toMatchObject({ ok: false, error });
      if (!answer.ok) {
        const { problem, remedy } = explain(answer.error);
        expect(`${problem} ${remedy}`).not.toMatch(/undefined|\[object|NaN/);
        if (answer.error.code === "dependency-refused") expect(problem).toMatch(/^dependency 1 \(offset \d+\): /);
      }
    });
  }
});

test("offsets of a dependency count in the outer file", () => {
  const bytes = release(
    mcu({ shared: sequence(override({ classIdentifier: new Uint8Array(16).fill(0xee) }), check("class-identifier")) }),
  );
  const answer = verifyEnvelope(bytes, context);
  if (answer.ok || answer.error.code !== "dependency-refused") throw new Error("must be refused");
  const { because } = answer.error;
  if (because.code !== "wrong-class") throw new Error(because.code);
  expect(bytes.subarray(because.offset, because.offset + 2)).toEqual(Uint8Array.of(2, 15));
  expect(because.offset).toBe(bytesToHex(bytes).lastIndexOf("ee".repeat(16)) / 2 + 16);
});

test("an accepted depth: the dependency alone", () => {
  expect(verifyEnvelope(release(mcu({ validate: deep(5) })), context)).toMatchObject({ ok: true });
});

test("T-MFST-OVERRIDE what a dependency writes and its dependent reads is one race, in whichever manifest it stands", () => {
  const backup = [ascii("backup")];
  const everything = { ...trust, roles: [roleOf("all", [gatewayKey, mcuKey])] };
  const components = (context.recipient.components as readonly RecipientComponent[]).concat({
    ...(context.recipient.components[1] as RecipientComponent),
    id: [...mcuPrefix, ...backup],
  });
  const copying = envelopeOf(
    {
      ...mcuManifest,
      components: [mcuApp, backup],
      shared: mcuSharedWithIndex(),
      install: inline(use(1), override({ ...mcuImage, sourceComponent: 0 }), act("copy"), check("image-match")),
      validate: sequence(use(0), check("image-match")),
    },
    [mcuKey],
  );
  const loose = (...commands: CommandInput[]) =>
    inline(use(1), override({ ...mcuImage, uri: "a" }), use(0), override({ strictOrder: false }), ...commands);
  const answer = (strict: "loose" | "strict") => {
    const commands = [use(1), act("fetch"), check("image-match"), use(2), act("process-dependency")];
    const change = (manifest: ManifestInput): ManifestInput => ({
      ...manifest,
      components: [gateway, [...mcuPrefix, ...mcuApp]],
      dependencies: [{ index: 2, prefix: mcuPrefix }],
      dependencyResolution: inline(use(2), ...resolve(copying.digest).slice(1)),
      install:
        strict === "strict" ? inline(use(1), override({ ...mcuImage, uri: "a" }), ...commands) : loose(...commands),
      validate: sequence(
        use(2),
        override({ imageDigest: copying.digest }),
        check("dependency-integrity"),
        act("process-dependency"),
      ),
    });
    const verdict = verifyEnvelope(release({ mcu: copying, change }), {
      ...context,
      trust: everything,
      recipient: { ...context.recipient, components },
    });
    return verdict.ok ? "accepted" : verdict.error;
  };
  expect(answer("strict")).toBe("accepted");
  const refusal = { code: "command-failed", command: "process-dependency", because: "order-matters" };
  expect(answer("loose")).toMatchObject(refusal);
});

test("the profile holds for a dependency as for its dependent", () => {
  const [gatewayPq, mcuPq] = [testKey("ml-dsa-87"), testKey("ml-dsa-87")];
  const pq: VerifyContext = {
    ...context,
    trust: {
      ...trust,
      profile: "cnsa2",
      roles: [
        roleOf("gateway", [gatewayPq], { components: [gateway] }),
        roleOf("mcu", [mcuPq], { components: [[...mcuPrefix, ...mcuApp]] }),
      ],
    },
  };
  const strong = imageOf("an image", "sha-384");
  const strengthen = (commands: readonly CommandInput[] = []): SequenceInput =>
    sequence(
      ...commands.map((command) =>
        command.kind === "override-parameters" ? override({ ...command.parameters, ...strong }) : command,
      ),
    );
  const manifest: ManifestInput = { ...mcuManifest, shared: strengthen(mcuManifest.shared?.commands) };
  const answer = (severed: "sha-256" | "sha-384") => {
    const made = envelopeOf(manifest, [mcuPq], new Map(), { digest: "sha-384", severed });
    const root = gatewayManifest(made.digest);
    const outside: ManifestInput = { ...root, shared: strengthen(root.shared?.commands) };
    const { bytes } = envelopeOf(outside, [gatewayPq], new Map([["#mcu", made.bytes]]), { digest: "sha-384" });
    return verifyEnvelope(bytes, pq);
  };
  expect(answer("sha-384")).toMatchObject({ ok: true });
  expect(answer("sha-256")).toMatchObject({
    error: { code: "dependency-refused", because: { code: "digest-not-allowed", of: "install", digest: "sha-256" } },
  });
});

test("a dependency beside its dependent is refused where a dependency without it would not be", () => {
  // The MCU's own gateway-less processor takes the same envelope as it is.
  const own: VerifyContext = {
    ...context,
    trust: { ...trust, roles: [roleOf("mcu", [mcuKey], { components: [mcuApp] })] },
    recipient: {
      ...context.recipient,
      classIds: [mcuClass],

      components: [{ id: mcuApp, maxSize: 1000n }],
    },
    installed: { floor: 2n },
  };
  const answer = verifyEnvelope(mcuEnvelope.bytes, own);
  expect(answer.ok && answer.value.plan.update.map((step) => step.do)).toEqual(["fetch", "image-match", "image-match"]);
  expect(answer.ok && [...answer.value.dependencies]).toEqual([]);
});

test("T-MFST-MODIFICATION every flipped bit of the carried envelope is refused, and every bit of the outer one", () => {
  const bytes = release();
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.with(bit >> 3, (bytes[bit >> 3] as number) ^ (1 << (bit & 7)));
    if (verifyEnvelope(flipped, context).ok) throw new Error(`bit ${bit} does not matter`);
  }
});

test("the work is bounded: one envelope is judged once, however often it is fetched and checked", () => {
  let verified = 0;
  const counting = {
    ...context.crypto,
    verify: (...given: Parameters<typeof context.crypto.verify>) => {
      verified += 1;
      return context.crypto.verify(...given);
    },
  };
  const again = resolve(mcuEnvelope.digest).slice(2);
  const change = (manifest: ManifestInput): ManifestInput => ({
    ...manifest,
    dependencyResolution: inline(...resolve(mcuEnvelope.digest), ...Array.from({ length: 60 }, () => again).flat()),
  });
  expect(verifyEnvelope(release({ change }), { ...context, crypto: counting })).toMatchObject({ ok: true });
  expect(verified).toBe(2);
});

test("a dependency is read under the limits of its dependent, one layer deeper", () => {
  const limits = { ...(context.limits as NonNullable<VerifyContext["limits"]>), maxCommands: 5 };
  expect(parseManifest({ ...mcuLayer(), contentOffset: 0 }, dependencyLimits(limits))).toMatchObject({
    error: { code: "limit-exceeded", limit: "maxCommands" },
  });
});

function mcuLayer() {
  const answer = verifyEnvelope(release(), context);
  if (!answer.ok) throw new Error(answer.error.code);
  const mcuParsed = answer.value.dependencies.get(1);
  if (mcuParsed === undefined) throw new Error("no dependency");
  return mcuParsed.envelope.manifest;
}
