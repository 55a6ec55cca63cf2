import type { Crypto, DigestName, PublicKey } from "@sumac/crypto";
import { bytesToHex, canVerify, hexToBytes } from "@sumac/crypto";
import { matchImage, type TrustRecord, trustKey, type VerifyContext, verifyEnvelope } from "@sumac/verifier";
import { type SelfTestEnvelope, selfTestDigests, selfTestEnvelopes } from "./self-test-vectors.ts";

/** One known answer. */
export interface SelfTestCase {
  readonly name: string;
  /** A refusal code, `accepted`, or a digest in hex. */
  readonly expected: string;
  /** The same, or `fault` for something thrown. */
  readonly answered: string;
}

export interface SelfTestReport {
  readonly verdict: "pass" | "fail";
  /** All that were asked, in order; those whose answer differs make the verdict. */
  readonly cases: readonly SelfTestCase[];
}

/** What `verifyEnvelope` does with bytes. */
export type EnvelopeVerifier = typeof verifyEnvelope;

/**
 * Asks the verifier what it has to know (CR 3.3): digests, and for each signature scheme that this build can check a
 * good update and the bad ones that follow from it. Pure and without state, so it can run at any time, between any two
 * steps of the device (RE 1). It finds a verifier that is broken or built wrongly; whoever can replace the verifier can
 * replace this too.
 */
export async function selfTest(crypto: Crypto, verify: EnvelopeVerifier = verifyEnvelope): Promise<SelfTestReport> {
  const cases: SelfTestCase[] = [];
  const ask = async (name: string, expected: string, answer: () => Promise<string> | string): Promise<void> => {
    let answered = "fault";
    try {
      answered = await answer();
    } catch {
      // What it throws is not this report's to tell; that it throws is.
    }
    cases.push({ name, expected, answered });
  };
  for (const [name, hex] of Object.entries(selfTestDigests)) {
    await ask(`digest ${name}`, hex, () => digestOfAbc(crypto, name as DigestName));
  }
  const known = selfTestEnvelopes.filter(({ key }) => canVerify(crypto, key.scheme));
  // A build that can check no signature has nothing to pass.
  await ask("schemes", "known", () => (known.length > 0 ? "known" : "none"));
  for (const vector of known) {
    for (const { name, expected, bytes = vector.envelope, context } of envelopeCases(vector, known, crypto)) {
      await ask(`${vector.key.scheme}: ${name}`, expected, () => codeOf(verify(bytes, context)));
    }
    for (const { name, expected, image } of imageCases(vector)) {
      await ask(`${vector.key.scheme}: ${name}`, expected, async () => {
        const update = verify(vector.envelope, contextFor(vector.key, crypto));
        const step = update.ok ? update.value.plan.update.find((each) => each.do === "fetch") : undefined;
        if (step === undefined) return "no-plan";
        return codeOf(await matchImage(once(image), step.expected, crypto));
      });
    }
  }
  return { verdict: cases.every(({ expected, answered }) => expected === answered) ? "pass" : "fail", cases };
}

interface EnvelopeCase {
  readonly name: string;
  readonly expected: string;
  /** Absent: as it was signed. */
  readonly bytes?: Uint8Array;
  readonly context: VerifyContext;
}

function envelopeCases(
  { key, envelope, places }: SelfTestEnvelope,
  known: readonly SelfTestEnvelope[],
  crypto: Crypto,
): readonly EnvelopeCase[] {
  const context = contextFor(key, crypto);
  const { recipient, installed } = context;
  const stranger = known.find((other) => other.key !== key)?.key ?? { ...key, bytes: flip(key.bytes, 1) };
  return [
    { name: "a good update", expected: "accepted", context },
    { name: "its signature altered", expected: "signature-invalid", bytes: flip(envelope, places.signature), context },
    {
      name: "its manifest altered",
      expected: "manifest-digest-mismatch",
      bytes: flip(envelope, places.manifest),
      context,
    },
    { name: "its end cut off", expected: "malformed", bytes: envelope.subarray(0, -1), context },
    { name: "a byte hung on", expected: "malformed", bytes: appended(envelope), context },
    {
      name: "by a key that is not trusted",
      expected: "signer-unknown",
      context: { ...context, trust: trusting(stranger, 1, crypto) },
    },
    {
      name: "one signature where two are asked for",
      expected: "threshold-not-met",
      context: { ...context, trust: trusting(key, 2, crypto, stranger) },
    },
    {
      name: "for another class",
      expected: "wrong-class",
      context: { ...context, recipient: { ...recipient, classIds: [new Uint8Array(16)] } },
    },
    {
      name: "for another vendor",
      expected: "wrong-vendor",
      context: { ...context, recipient: { ...recipient, vendorIds: [new Uint8Array(16)] } },
    },
    {
      name: "older than the floor",
      expected: "rollback",
      context: { ...context, installed: { floor: sequence + 1n } },
    },
    {
      name: "another manifest of the same number installed",
      expected: "sequence-reused",
      context: { ...context, installed: { ...installed, floor: sequence, manifestDigest: new Uint8Array(32) } },
    },
  ];
}

const imageCases = ({ image }: SelfTestEnvelope) => [
  { name: "its payload", expected: "accepted", image },
  { name: "its payload altered", expected: "image-digest-mismatch", image: flip(image, 3) },
  { name: "its payload cut short", expected: "image-too-short", image: image.subarray(0, -1) },
  { name: "its payload with a byte more", expected: "image-too-long", image: appended(image) },
];

/** Of every envelope of the self-test. */
const sequence = 7n;
const vendorId = new Uint8Array(16).fill(0x51);
const classId = new Uint8Array(16).fill(0x52);
const component = [new TextEncoder().encode("self-test")];

function contextFor(key: PublicKey, crypto: Crypto): VerifyContext {
  return {
    crypto,
    trust: trusting(key, 1, crypto),
    recipient: { vendorIds: [vendorId], classIds: [classId], components: [{ id: component, maxSize: 1024n }] },
    installed: { floor: sequence - 1n },
  };
}

const trusting = (key: PublicKey, threshold: number, crypto: Crypto, ...more: readonly PublicKey[]): TrustRecord => ({
  roles: [
    {
      name: "release",
      purpose: "release",
      threshold,
      keys: [key, ...more].map((each) => trustKey(each, crypto)),
      components: [component],
    },
  ],
  legacyAlgorithms: [],
});

function digestOfAbc(crypto: Crypto, name: DigestName): string {
  const digest = crypto.startDigest(name);
  // In two pieces: the way a payload comes.
  digest.update(hexToBytes("61"));
  digest.update(hexToBytes("6263"));
  return bytesToHex(digest.digest());
}

const codeOf = (answer: { readonly ok: true } | { readonly ok: false; readonly error: { readonly code: string } }) =>
  answer.ok ? "accepted" : answer.error.code;

const flip = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, (bytes[at] ?? 0) ^ 1);
const appended = (bytes: Uint8Array): Uint8Array => Uint8Array.of(...bytes, 0);

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
