/** RFC 9052 2: the CBOR tag of COSE_Sign1. */
export const sign1Tag = 18;

/** RFC 9052 2: the CBOR tag of COSE_Encrypt. */
export const encryptTag = 96;

/** IANA COSE Header Parameters registry, the rows Sumac reads; `ephemeralKey` is a parameter of ECDH-ES (RFC 9053 6.3.1). */
export const headerLabel = { alg: 1, crit: 2, kid: 4, iv: 5, ephemeralKey: -1 } as const;

/** IANA COSE Key Common Parameters and Key Type Parameters of EC2, the rows Sumac reads. */
export const coseKeyLabel = { kty: 1, crv: -1, x: -2, y: -3 } as const;
export const keyTypeEc2 = 2;
export const curveP256 = 1;
