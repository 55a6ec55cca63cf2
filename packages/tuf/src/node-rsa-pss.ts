import { constants, createPublicKey, type KeyObject, verify } from "node:crypto";
import type { KeyScheme } from "./key-scheme.ts";

/** RSASSA-PSS with SHA-256, salt of any length, as TUF repositories of others use it. Read only; nothing of ours is signed with it. */
export const rsaPssScheme: KeyScheme = {
  scheme: "rsassa-pss-sha256",
  keyTypes: ["rsa"],
  readKey: (text) => {
    const key = readRsaKey(text);
    if (key === undefined) return undefined;
    return {
      material: `rsa:${key.export({ format: "der", type: "spki" }).toString("hex")}`,
      verify: (message, signature) => {
        try {
          const padding = constants.RSA_PKCS1_PSS_PADDING;
          return verify("sha256", message, { key, padding, saltLength: constants.RSA_PSS_SALTLEN_AUTO }, signature);
        } catch {
          return false;
        }
      },
    };
  },
};

function readRsaKey(text: string): KeyObject | undefined {
  if (!text.trimStart().startsWith("-----BEGIN PUBLIC KEY-----")) return undefined;
  try {
    const key = createPublicKey(text);
    return key.asymmetricKeyType === "rsa" ? key : undefined;
  } catch {
    return undefined;
  }
}
