import { type DigestName, hexToBytes, type PublicKey } from "@sumac/crypto";

/** A small signed update with everything that is needed to alter it. Nobody has the private half of its key any more. */
export interface SelfTestEnvelope {
  readonly key: PublicKey;
  readonly envelope: Uint8Array;
  readonly image: Uint8Array;
  /** Offsets in the envelope. */
  readonly places: { readonly signature: number; readonly manifest: number };
}

const image = new TextEncoder().encode("What the self-test is about.");

export const selfTestEnvelopes: readonly SelfTestEnvelope[] = [
  {
    key: {
      scheme: "ed25519",
      bytes: hexToBytes("1104644e7033ed001f3fb225f3631046ee5fbcfa05994293bce35aad5bd1af78"),
    },
    envelope: hexToBytes(
      "d86ba2025897825824822f58203d7b7bba7c5aeac08a6a34a516e2cf9e57fc4c2942ad51301a61dd7b5b59eaeb586ed2845826a201320458" +
        "209dde788f35fbfdba49da9ae07fc8e83d12baa2775801b7d62b7ebbf9ead1c241a0f658401e0055bea0a05d895fe5f71c7e5d887071e709" +
        "87fcd99d3fa750ba148530f445b66ed262a268c3a2ec18efbd5086758a5ef0272f903b7e3ccea963c426ea6708035884a601010207035866" +
        "a20281814973656c662d746573740458558614a4015051515151515151515151515151515151025052525252525252525252525252525252" +
        "035824822f5820dea6b4aa7a40314bb707e87b77d828b3beca436fbcb8433c76717f9abfdfaf8f0e181c010f020f074382030f0943821702" +
        "144a8614a11561781502030f",
    ),
    image,
    places: { signature: 93, manifest: 190 },
  },
  {
    key: {
      scheme: "ecdsa-p256-sha256",
      bytes: hexToBytes(
        "04c41cdc098c81e3a28b7bcaf7871009e7a03dacd851c6f298bdc01dfc0849d9b595fffaadaa4a9e8ca2305e882f3a0616b4" +
          "bee0e42547100442784c9f1c4f16e5",
      ),
    },
    envelope: hexToBytes(
      "d86ba2025897825824822f58203d7b7bba7c5aeac08a6a34a516e2cf9e57fc4c2942ad51301a61dd7b5b59eaeb586ed2845826a201280458" +
        "201a75cfa692220ba604ae27814be66b3ee19a3e44ceb0104e415215adafc2aac2a0f65840aa0559da9ad0fb1d323a70612a8d325a665ff8" +
        "3e17955f04436b9f3fc338c7eb7ce002e3ba1c632fe73943fc439dc8f32e38aa717cb969b3c27b30a72430e682035884a601010207035866" +
        "a20281814973656c662d746573740458558614a4015051515151515151515151515151515151025052525252525252525252525252525252" +
        "035824822f5820dea6b4aa7a40314bb707e87b77d828b3beca436fbcb8433c76717f9abfdfaf8f0e181c010f020f074382030f0943821702" +
        "144a8614a11561781502030f",
    ),
    image,
    places: { signature: 93, manifest: 190 },
  },
];

/** Of `abc`, as in FIPS 180-4's examples. */
export const selfTestDigests: Readonly<Record<DigestName, string>> = {
  "sha-256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  "sha-384": "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
  "sha-512":
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" +
    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
};
