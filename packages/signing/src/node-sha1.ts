import { createHash } from "node:crypto";
import type { Sha1 } from "@sumac/suit";

/** For vendor and class identifiers (UUID version 5) only, which are names and not a protection. */
export const nodeSha1: Sha1 = (bytes) => new Uint8Array(createHash("sha1").update(bytes).digest());
