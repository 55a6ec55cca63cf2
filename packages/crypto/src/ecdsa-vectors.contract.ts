import type { PublicKey } from "./crypto.ts";
import { bytesToHex, hexToBytes } from "./index.ts";
import { hex, join, type SchemeVectors, type SignatureVector, text } from "./signature-vector.contract.ts";

/** What the forgeries below need to know of a curve (SP 800-186). */
interface CurveNumbers {
  /** Bytes of a coordinate and of half a signature. */
  readonly size: number;
  readonly prime: bigint;
  readonly order: bigint;
}

const p256: CurveNumbers = {
  size: 32,
  prime: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
  order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
};
const p384: CurveNumbers = {
  size: 48,
  prime: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
  order: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
};

const p256Key: PublicKey = {
  scheme: "ecdsa-p256-sha256",
  bytes: hex(`04 60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6
    7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299`),
};
const p384Key: PublicKey = {
  scheme: "ecdsa-p384-sha384",
  bytes: hex(`04 ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64
    def8f0ea9055866064a254515480bc13 8015d9b72d7d57244ea8ef9ac0c62189
    6708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720`),
};

/** RFC 6979 A.2.5, with SHA-256. The s of the first is in the upper half: an implementation that demands low s fails. */
const p256Accepted: SchemeVectors["accepted"] = [
  {
    name: 'RFC 6979 A.2.5, "sample"',
    key: p256Key,
    message: text("sample"),
    signature: hex(`efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716
      f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8`),
  },
  {
    name: 'RFC 6979 A.2.5, "test"',
    key: p256Key,
    message: text("test"),
    signature: hex(`f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367
      019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083`),
  },
];

/** RFC 6979 A.2.6, with SHA-384. */
const p384Accepted: SchemeVectors["accepted"] = [
  {
    name: 'RFC 6979 A.2.6, "sample"',
    key: p384Key,
    message: text("sample"),
    signature: hex(`94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46
      99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8`),
  },
  {
    name: 'RFC 6979 A.2.6, "test"',
    key: p384Key,
    message: text("test"),
    signature: hex(`8203b63d3c853e8d77227fb377bcf7b7b772e97892a80f36ab775d509d7a5feb0542a7f0812998da8f1dd3ca3cf023db
      ddd0760448d42d8a43af45af836fce4de8be06b485e9b61b827c2f13173923e06a739f040649a667bf3b828246baa5a5`),
  },
];

const bigEndian = (value: bigint, size: number): Uint8Array => hexToBytes(value.toString(16).padStart(2 * size, "0"));

const toInteger = (bytes: Uint8Array): bigint => BigInt(`0x${bytesToHex(bytes)}`);

function forgedOn({ size, order }: CurveNumbers, [first, second]: SchemeVectors["accepted"]): SignatureVector[] {
  const { bytes } = first.key;
  const r = first.signature.subarray(0, size);
  const s = first.signature.subarray(size);
  const n = bigEndian(order, size);
  const zero = new Uint8Array(size);
  const ones = new Uint8Array(size).fill(0xff);
  const isOdd = ((bytes[2 * size] ?? 0) & 1) === 1;
  const withKey = (name: string, key: Uint8Array): SignatureVector => ({
    ...first,
    name,
    key: { ...first.key, bytes: key },
  });
  return [
    { ...first, name: "the signature of another message", signature: second.signature },
    { ...first, name: "r = 0", signature: join(zero, s) },
    { ...first, name: "s = 0", signature: join(r, zero) },
    { ...first, name: "r = n", signature: join(n, s) },
    { ...first, name: "s = n", signature: join(r, n) },
    { ...first, name: "r > n", signature: join(ones, s) },
    { ...first, name: "s > n", signature: join(r, ones) },
    { ...first, name: "r and s swapped", signature: join(s, r) },
    withKey("a point off the curve", bytes.with(2 * size, (bytes[2 * size] ?? 0) ^ 1)),
    withKey("the compressed point", bytes.slice(0, 1 + size).with(0, isOdd ? 3 : 2)),
    withKey("the hybrid point", bytes.with(0, isOdd ? 7 : 6)),
    withKey("the point at infinity", new Uint8Array(1)),
    withKey("a point of the other curve", first.key.scheme === "ecdsa-p256-sha256" ? p384Key.bytes : p256Key.bytes),
  ];
}

/** (r, n - s) is valid too: peers do not normalise s, so nothing may hang on one signature. */
function twinsOn({ size, order }: CurveNumbers, accepted: SchemeVectors["accepted"]): SignatureVector[] {
  return accepted.map(({ signature, ...rest }) => ({
    ...rest,
    name: `${rest.name}, s negated`,
    signature: join(signature.subarray(0, size), bigEndian(order - toInteger(signature.subarray(size)), size)),
  }));
}

export const p256Vectors: SchemeVectors = {
  accepted: [...p256Accepted, ...twinsOn(p256, p256Accepted)],
  forged: forgedOn(p256, p256Accepted),
};

export const p384Vectors: SchemeVectors = {
  accepted: [...p384Accepted, ...twinsOn(p384, p384Accepted)],
  forged: forgedOn(p384, p384Accepted),
};

/** The key of the point -P: valid, and another one. */
export function negated(key: PublicKey): PublicKey {
  const { size, prime } = key.scheme === "ecdsa-p384-sha384" ? p384 : p256;
  const y = toInteger(key.bytes.subarray(1 + size));
  return { ...key, bytes: join(key.bytes.subarray(0, 1 + size), bigEndian(prime - y, size)) };
}
