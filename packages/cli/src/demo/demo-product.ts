import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  buildManifest,
  parseReleaseDescription,
  type ReleaseDescription,
  readFirmwareImage,
  type Signer,
  signEnvelope,
} from "@sumac/signing";
import { nodeSha1 } from "@sumac/signing/node";
import { unavailable } from "../failure.ts";

/** A release of the example product: what the vendor publishes. */
export interface DemoRelease {
  readonly version: string;
  readonly sequence: bigint;
  readonly envelope: Uint8Array;
  readonly image: Uint8Array;
  readonly payloadUri: string;
  readonly vendorId: Uint8Array;
  readonly classId: Uint8Array;
}

/** The example product and its real firmware, one version in each of the three file formats. */
export interface DemoProduct {
  readonly description: ReleaseDescription;
  readonly images: ReadonlyMap<string, Uint8Array>;
  /** Of a stranger: TEST ONLY, published. */
  readonly foreignKeyFile: string;
}

const files = { "1.0.0": "rtu-demo-1.0.0.elf", "1.1.0": "rtu-demo-1.1.0.hex", "1.2.0": "rtu-demo-1.2.0.bin" };

export async function readDemoProduct(): Promise<DemoProduct> {
  const folder = findFixtures();
  const description = parseReleaseDescription(new Uint8Array(await readFile(path.join(folder, "sumac.yaml"))));
  if (!description.ok) throw new Error(`the example's sumac.yaml: ${description.error.code}`);
  const images = new Map<string, Uint8Array>();
  for (const [version, file] of Object.entries(files)) {
    const image = readFirmwareImage(new Uint8Array(await readFile(path.join(folder, "images", file))));
    if (!image.ok) throw new Error(`${file}: ${image.error.code}`);
    images.set(version, image.value.bytes);
  }
  const foreignKeyFile = path.join(folder, "keys", "foreign.test-only.private.pem");
  return { description: description.value, images, foreignKeyFile };
}

/** The fixtures belong to the checkout, not to the installed program. */
function findFixtures(): string {
  let folder = path.dirname(fileURLToPath(import.meta.url));
  while (folder !== path.dirname(folder)) {
    const candidate = path.join(folder, "firmware-fixtures");
    if (existsSync(path.join(candidate, "sumac.yaml"))) return candidate;
    folder = path.dirname(folder);
  }
  throw unavailable(
    "fixtures-missing",
    "the example firmware (firmware-fixtures) is not beside this program",
    "run the demonstration from a checkout of the project: npm run demo",
  );
}

/** Builds and signs; no signer at all makes an unsigned release. */
export async function makeRelease(
  description: ReleaseDescription,
  made: { readonly version: string; readonly sequence: bigint; readonly image: Uint8Array },
  signers: readonly Signer[],
): Promise<DemoRelease> {
  const built = buildManifest({ description, ...made }, { crypto: nodeCrypto, sha1: nodeSha1 });
  if (!built.ok) throw new Error(`building ${made.version}: ${built.error.code}`);
  let { envelope } = built.value;
  for (const signer of signers) {
    const signed = await signEnvelope(envelope, signer, { crypto: nodeCrypto });
    if (!signed.ok) throw new Error(`signing ${made.version}: ${signed.error.code}`);
    envelope = signed.value.envelope;
  }
  const { payload, vendorId, classId } = built.value;
  return { ...made, envelope, payloadUri: payload.uri, vendorId, classId };
}
