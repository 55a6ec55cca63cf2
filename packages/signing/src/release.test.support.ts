import { nodeCrypto } from "@sumac/crypto/node";
import {
  buildEnvelope,
  type CommandInput,
  type Envelope,
  type EnvelopeParts,
  encloseBytes,
  encodeDigest,
  type ManifestInput,
  manifestDigest,
  parseEnvelope,
  serializeManifest,
} from "@sumac/suit";
import { type BuildContext, buildManifest, type ReleaseInput, type UnsignedRelease } from "./build-manifest.ts";
import { generatePrivateKey, type KeyAlgorithm, privateKeySigner } from "./node-private-key.ts";
import { nodeSha1 } from "./node-sha1.ts";
import type { ReleaseDescription } from "./release-description.ts";
import type { Signer } from "./signer.ts";

export const testDescription: ReleaseDescription = {
  vendor: "vendor.example",
  product: "rtu-demo",
  vendorName: "Example Vendor",
  description: "Remote terminal unit, simulated",
  referenceUri: "https://vendor.example/rtu-demo",
  components: [{ id: ["firmware"], name: "application", maxSize: 4096n }],
};

export const testRelease: ReleaseInput = {
  description: testDescription,
  image: new TextEncoder().encode("TEST ONLY image"),
  version: "1.1.0",
  sequence: 7n,
};

export const buildContext: BuildContext = { crypto: nodeCrypto, sha1: nodeSha1 };

export function build(changes: Partial<ReleaseInput> = {}): UnsignedRelease {
  const built = buildManifest({ ...testRelease, ...changes }, buildContext);
  if (!built.ok) throw new Error(built.error.code);
  return built.value;
}

export function opened(envelope: Uint8Array): Envelope {
  const parsed = parseEnvelope(envelope);
  if (!parsed.ok) throw new Error(parsed.error.code);
  return parsed.value;
}

/** An envelope around any manifest, with the digest that belongs to it. */
export function enclose(manifest: ManifestInput, more: Partial<EnvelopeParts> = {}): Uint8Array {
  const manifestBytes = serializeManifest(manifest);
  const digest = manifestDigest(encloseBytes(manifestBytes), "sha-256", nodeCrypto);
  return buildEnvelope({ digestElement: encodeDigest(digest), blocks: [], manifestBytes, ...more });
}

/** A short way to write commands: the name of a condition or directive, or a command. */
export const commands = (...list: readonly (string | CommandInput)[]): { commands: CommandInput[] } => ({
  commands: list.map((entry): CommandInput => {
    if (typeof entry !== "string") return entry;
    const directive = directives.find((name) => name === entry);
    if (directive !== undefined) return { kind: "directive", directive, policy: 0 };
    const condition = conditions.find((name) => name === entry);
    if (condition === undefined) throw new Error(`there is no command ${entry}`);
    return { kind: "condition", condition, policy: 0 };
  }),
});

const directives = ["write", "fetch", "copy", "invoke", "swap", "process-dependency"] as const;
const conditions = [
  "vendor-identifier",
  "class-identifier",
  "image-match",
  "component-slot",
  "abort",
  "version",
  "dependency-integrity",
  "device-identifier",
  "image-not-match",
  "use-before",
  "check-content",
] as const;

export function makeSigner(algorithm: KeyAlgorithm = "ed25519"): Signer {
  const signer = privateKeySigner(generatePrivateKey(algorithm));
  if (!signer.ok) throw new Error(signer.error);
  return signer.value;
}
