import { encode } from "@sumac/cbor";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  buildEnvelope,
  type CommandInput,
  conditionLabel,
  type Directive,
  directiveLabel,
  encloseBytes,
  encodeDigest,
  manifestDigest,
} from "@sumac/suit";
import { describe, expect, test } from "vitest";
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
import type { Release } from "../support/example-product.ts";
import { foreign, newer, offer, provisioned, type Sample, vendor } from "../support/sample-device.ts";

/** Refused, with nothing written, and nothing carried out. */
async function expectRefused(made: Pick<Release, "envelope" | "image">, code: string | RegExp): Promise<Sample> {
  const sample = await provisioned();
  const before = sample.flash.snapshot();
  const answer = await offer(sample.device, made);
  expect(answer).toMatchObject({ ok: false, error: { code: expect.stringMatching(code) } });
  expect(sample.flash.snapshot()).toEqual(before);
  return sample;
}

const withInstall = (install: readonly CommandInput[]): Promise<Release> =>
  craftRelease({ sequence: 6n, install, signers: [vendor] });

describe("EDR 2.4: the commands of an update are code: they are inside what is signed, and few", () => {
  const sequences = ["install", "shared", "validate", "invoke"] as const;
  test.each(sequences)("EDR 2.4: one bit of the %s sequence altered: it is not looked at", async (name) => {
    // Each begins with a command of its own that stands nowhere else in the manifest.
    const marked = await craftRelease({
      sequence: 6n,
      ...(name === "install"
        ? { install: [directive("fetch"), condition("image-match"), condition("class-identifier")] }
        : {}),
      signers: [vendor],
    });
    const { manifestBytes } = takeApart(marked.envelope);
    const part = {
      install: [0x15, 0x02, 0x03, 0x0f],
      shared: [0x01, 0x0f, 0x02, 0x0f],
      validate: [0x82, 0x03, 0x0f],
      invoke: [0x82, 0x17, 0x02],
    }[name];
    const at = find(marked.envelope, manifestBytes) + find(manifestBytes, Uint8Array.from(part));
    await expectRefused({ ...marked, envelope: flip(marked.envelope, at + 1) }, "manifest-digest-mismatch");
  });

  test("EDR 2.4: a severed sequence exchanged for another", async () => {
    const severed = await craftRelease({ sequence: 6n, sever: ["install"], signers: [vendor] });
    const parts = takeApart(severed.envelope);
    const install = parts.severed.get("install") ?? new Uint8Array();
    const other = new Map([["install", flip(install, install.length - 1)]] as const);
    await expectRefused(
      { ...severed, envelope: buildEnvelope({ ...parts, severed: other }) },
      "severed-member-mismatch",
    );
  });

  const outside: readonly Directive[] = ["copy", "write", "swap", "process-dependency", "unlink"];
  test.each(outside)("EDR 2.4: a command outside of what the device carries out: %s", async (name) => {
    await expectRefused(
      await withInstall([directive("fetch"), condition("image-match"), set({ sourceComponent: 0 }), directive(name)]),
      /^(unsupported|command-failed)$/,
    );
  });

  test("EDR 2.4: every number that the device has no command for: unsupported", async () => {
    const { device, flash } = await provisioned();
    const before = flash.snapshot();
    const { manifestBytes } = takeApart((await withInstall([directive("fetch"), condition("image-match")])).envelope);
    // Fetch and image-match, each with its policy: the end of install.
    const at = find(manifestBytes, Uint8Array.of(0x15, 0x02, 0x03, 0x0f)) + 2;
    const known: readonly number[] = [...Object.values(conditionLabel), ...Object.values(directiveLabel)];
    const unknown = Array.from({ length: 24 }, (_, label) => label).filter((label) => !known.includes(label));
    expect(unknown.length).toBeGreaterThan(5);
    for (const label of unknown) {
      const answer = device.receive(await resigned(manifestBytes.with(at, label)), {});
      expect(answer, `${label}`).toMatchObject({ ok: false, error: { code: "unsupported", label } });
    }
    expect(flash.snapshot()).toEqual(before);
  });

  test("EDR 2.4: a sequence that would run for ever, or nests without end, is bounded", async () => {
    let nested: readonly CommandInput[] = [condition("image-match")];
    for (let depth = 0; depth < 12; depth++) nested = [{ kind: "run-sequence", sequence: { commands: nested } }];
    await expectRefused(await withInstall([directive("fetch"), ...nested]), /^(limit-exceeded|malformed)$/);
    const many = Array.from({ length: 300 }, () => condition("image-match"));
    await expectRefused(await withInstall([directive("fetch"), ...many]), "limit-exceeded");
  });
});

/** By the vendor, whatever it says. */
async function resigned(manifestBytes: Uint8Array): Promise<Uint8Array> {
  const digestElement = encodeDigest(manifestDigest(encloseBytes(manifestBytes), "sha-256", nodeCrypto));
  return buildEnvelope({ digestElement, blocks: [await signBlock(vendor, digestElement)], manifestBytes });
}

describe("EDR 2.4 RE 1: who wrote the commands is checked before one of them runs", () => {
  test("EDR 2.4 RE 1: unsigned", async () => {
    await expectRefused(await craftRelease({ sequence: 6n }), "threshold-not-met");
  });
  test("EDR 2.4 RE 1: signed by a stranger", async () => {
    await expectRefused(await craftRelease({ sequence: 6n, signers: [foreign] }), "signer-unknown");
  });
  test("EDR 2.4 RE 1: a stranger's commands under the vendor's signature", async () => {
    const theirs = takeApart((await craftRelease({ sequence: 6n, uri: "theirs.bin" })).envelope);
    const envelope = buildEnvelope({ ...theirs, blocks: takeApart(newer.envelope).blocks });
    await expectRefused({ ...newer, envelope }, "signature-invalid");
  });
  test("EDR 2.4 RE 1: nothing of an unsigned manifest is parsed, however wrong it is", async () => {
    const parts = takeApart((await craftRelease({ sequence: 6n })).envelope);
    const garbage = encode(new Map([[1, "no manifest"]]));
    const envelope = buildEnvelope({ ...parts, manifestBytes: garbage });
    await expectRefused({ ...newer, envelope }, /^(threshold-not-met|manifest-digest-mismatch)$/);
  });
});
