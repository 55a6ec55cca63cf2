import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { Unavailable } from "../unavailable.ts";
import type { DeviceKey, DeviceKeyStore } from "./device-key.ts";

const mostPemBytes = 65_536;

/**
 * The device key (Ed25519) in a file that only its user may read: for simulated devices, and for gateways without a secure
 * element. Throws `Unavailable` (`storage-failed`) if the file cannot be used; the error never names its content.
 */
export function fileDeviceKeyStore(path: string): DeviceKeyStore {
  return {
    open: async () => {
      const text = readIfThere(path);
      return text === undefined ? undefined : deviceKey(attempt(path, () => readKey(text)));
    },
    generate: async () => {
      const { privateKey } = generateKeyPairSync("ed25519");
      attempt(path, () => keep(path, privateKey.export({ type: "pkcs8", format: "pem" }) as string));
      return deviceKey(privateKey);
    },
  };
}

/** One of another kind would sign what nobody can verify. */
function readKey(text: string): KeyObject {
  const key = createPrivateKey(text);
  if (key.asymmetricKeyType === "ed25519") return key;
  throw new Error("it is no Ed25519 key");
}

function deviceKey(privateKey: KeyObject): DeviceKey {
  const der = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  return {
    publicKey: { scheme: "ed25519", bytes: new Uint8Array(der.subarray(-32)) },
    sign: async (message) => new Uint8Array(sign(null, message, privateKey)),
  };
}

function readIfThere(path: string): string | undefined {
  try {
    // Non-blocking: a pipe in its place must not be waited for.
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(descriptor);
      if (!stats.isFile() || stats.size > mostPemBytes) throw new Error("it is no key file");
      return readFileSync(descriptor, "utf8");
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Unavailable("storage-failed", { retryable: false, detail: `${path} cannot be read`, cause: error });
  }
}

/** Whole or not at all, and never over another key: a link, unlike a rename, does not replace. */
function keep(path: string, pem: string): void {
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  const descriptor = openSync(draft, "wx", 0o600);
  try {
    writeFileSync(descriptor, pem);
    fsyncSync(descriptor);
    linkSync(draft, path);
  } finally {
    closeSync(descriptor);
    rmSync(draft, { force: true });
  }
  const folder = openSync(dirname(path), "r");
  fsyncSync(folder);
  closeSync(folder);
}

function attempt<T>(path: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw new Unavailable("storage-failed", {
      retryable: false,
      detail: `${path} cannot be used as a key`,
      cause: error,
    });
  }
}
