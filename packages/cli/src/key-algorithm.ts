import { algorithmForScheme } from "@sumac/cose";
import type { PublicKey } from "@sumac/crypto";

/** The COSE algorithm that a key signs with, by its registered name: `Ed25519`, `ESP256`. */
export const algorithmName = (key: PublicKey): string => algorithmForScheme(key.scheme).name;
