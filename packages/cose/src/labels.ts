/** RFC 9052 2: the CBOR tag of COSE_Sign1. */
export const sign1Tag = 18;

/** IANA COSE Header Parameters registry, the rows Sumac reads. */
export const headerLabel = { alg: 1, crit: 2, kid: 4 } as const;
