import { createECDH, createHash, createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

/** Who holds the key in the tests: the vendor, the plant's owner, and somebody no device knows. */
export const testKeyHolders: readonly string[] = ["vendor", "owner", "foreign"];

/** One file name in `keys/` with its text. */
export interface KeyFile {
  readonly name: string;
  readonly text: string;
}

/**
 * The key pairs of one holder, Ed25519 and P-256. Each private key is the SHA-256 of a public sentence, so the files can be
 * made again byte for byte, and so nobody can mistake them for secrets.
 */
export function testKeyFiles(holder: string): KeyFile[] {
  return [
    ...pair(holder, ed25519FromSeed(seed(holder, "ed25519"))),
    ...pair(`${holder}-p256`, p256FromScalar(seed(holder, "p256"))),
  ];
}

const seed = (holder: string, algorithm: string): Buffer =>
  createHash("sha256").update(`sumac TEST ONLY ${holder} ${algorithm} private key`).digest();

function pair(name: string, key: KeyObject): KeyFile[] {
  const warning = `TEST ONLY: everybody has this private key (${name}). Nothing outside a test may trust it.\n`;
  return [
    { name: `${name}.test-only.private.pem`, text: warning + key.export({ type: "pkcs8", format: "pem" }) },
    {
      name: `${name}.test-only.public.pem`,
      text: String(createPublicKey(key).export({ type: "spki", format: "pem" })),
    },
  ];
}

/** RFC 8410 section 7: the PKCS#8 form of an Ed25519 key is this head and the 32 bytes. */
function ed25519FromSeed(privateBytes: Buffer): KeyObject {
  const head = Buffer.from("302e020100300506032b657004220420", "hex");
  return createPrivateKey({ key: Buffer.concat([head, privateBytes]), format: "der", type: "pkcs8" });
}

function p256FromScalar(privateBytes: Buffer): KeyObject {
  const curve = createECDH("prime256v1");
  curve.setPrivateKey(privateBytes);
  const point = curve.getPublicKey();
  const coordinates = { x: point.subarray(1, 33).toString("base64url"), y: point.subarray(33).toString("base64url") };
  const key = { kty: "EC", crv: "P-256", d: privateBytes.toString("base64url"), ...coordinates };
  return createPrivateKey({ key, format: "jwk" });
}
