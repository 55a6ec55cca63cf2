/** Why nobody may trust a public key: its bytes have no point of the right form, or a point that proves nothing. */
export type KeyFault = "wrong-length" | "compressed-point" | "not-a-point" | "weak-key";
