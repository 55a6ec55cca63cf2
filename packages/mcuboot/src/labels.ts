/**
 * Numbers of the MCUboot image format (bootutil/image.h and bootutil_public.h of MCUboot 2.4). Everything is little endian.
 */
export const imageMagic = 0x96f3b83d;
export const protectedAreaMagic = 0x6908;
export const unprotectedAreaMagic = 0x6907;

/** Bytes. The fixed part of the header; the header area is at least this long. */
export const headerLength = 32;
/** Bytes of magic and total length before the TLVs of an area, and of type and length before the value of a TLV. */
export const tlvHeadLength = 4;

export const tlvType = {
  keyhash: 0x01,
  pubkey: 0x02,
  sha256: 0x10,
  sha384: 0x11,
  sha512: 0x12,
  "rsa2048-pss": 0x20,
  "ecdsa-p224": 0x21,
  ecdsa: 0x22,
  "rsa3072-pss": 0x23,
  ed25519: 0x24,
  "signature-pure": 0x25,
  "enc-rsa2048": 0x30,
  "enc-aes-kw": 0x31,
  "enc-ec256": 0x32,
  "enc-x25519": 0x33,
  "enc-x25519-sha512": 0x34,
  dependency: 0x40,
  "security-counter": 0x50,
  "boot-record": 0x60,
  "decompressed-size": 0x70,
  "decompressed-hash": 0x71,
  "decompressed-signature": 0x72,
  "compressed-decrypted-size": 0x73,
  "vendor-id": 0x74,
  "class-id": 0x75,
} as const;

export type TlvName = keyof typeof tlvType;

/** What boot loaders let stand where nobody signed it (their allow list): what a signature is checked with, and keys. */
export const unprotectedTypes: ReadonlySet<number> = new Set<number>([
  tlvType.keyhash,
  tlvType.pubkey,
  tlvType.sha256,
  tlvType.sha384,
  tlvType.sha512,
  tlvType["rsa2048-pss"],
  tlvType["ecdsa-p224"],
  tlvType.ecdsa,
  tlvType["rsa3072-pss"],
  tlvType.ed25519,
  tlvType["signature-pure"],
  tlvType["enc-rsa2048"],
  tlvType["enc-aes-kw"],
  tlvType["enc-ec256"],
  tlvType["enc-x25519"],
  tlvType["enc-x25519-sha512"],
]);

const namesByType = new Map<number, TlvName>(Object.entries(tlvType).map(([name, type]) => [type, name as TlvName]));

/** `vendor` for 0xXXA0 to 0xXXFE, which MCUboot leaves to vendors; undefined = not assigned. */
export function tlvName(type: number): TlvName | "vendor" | undefined {
  return isVendorTlv(type) ? "vendor" : namesByType.get(type);
}

export const isVendorTlv = (type: number): boolean => (type & 0xff) >= 0xa0 && (type & 0xff) <= 0xfe;

export const imageFlag = {
  "encrypted-aes128": 0x04,
  "encrypted-aes256": 0x08,
  "non-bootable": 0x10,
  "ram-load": 0x20,
  "rom-fixed": 0x100,
  "compressed-lzma1": 0x200,
  "compressed-lzma2": 0x400,
  "arm-thumb-filter": 0x800,
} as const;

export type ImageFlag = keyof typeof imageFlag;

/** The byte of flash that was not written since it was erased. */
export const erasedByte = 0xff;

/** Trailer magic where the fields of the trailer are 8 bytes apart. */
export const trailerMagic: Uint8Array = Uint8Array.of(
  0x77,
  0xc2,
  0x95,
  0xf3,
  0x60,
  0xd2,
  0xef,
  0x7f,
  0x35,
  0x52,
  0x50,
  0x0f,
  0x2c,
  0xb6,
  0x79,
  0x80,
);
/** What follows the alignment, two bytes, where they are further apart. */
export const wideTrailerMagic: Uint8Array = Uint8Array.of(
  0x2d,
  0xe1,
  0x5d,
  0x29,
  0x41,
  0x0b,
  0x8d,
  0x77,
  0x67,
  0x9c,
  0x11,
  0x0f,
  0x1f,
  0x8a,
);
