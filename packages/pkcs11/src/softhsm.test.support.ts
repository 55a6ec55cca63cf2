// Tokens in software for tests: SoftHSM 2 (Debian: softhsm2) below a folder that is thrown away. TEST ONLY.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { env } from "node:process";
import { attribute, keyType, objectClass, osLockingOk } from "./labels.ts";

const places = [
  env["SOFTHSM2_MODULE"],
  "/usr/lib/softhsm/libsofthsm2.so",
  "/usr/lib64/softhsm/libsofthsm2.so",
  "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
  "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
  "/usr/local/lib/softhsm/libsofthsm2.so",
  "/opt/homebrew/lib/softhsm/libsofthsm2.so",
];

export const softHsmModule: string | undefined = places.find((place) => place !== undefined && existsSync(place));

type Binding = typeof import("pkcs11js");

async function loadBinding(): Promise<Binding | undefined> {
  try {
    const loaded = await import("pkcs11js");
    return "default" in loaded ? (loaded.default as Binding) : loaded;
  } catch {
    return undefined;
  }
}

/** Why tests with a token cannot run here; undefined if they can. */
export async function softHsmMissing(): Promise<string | undefined> {
  if (softHsmModule === undefined) return "SoftHSM 2 is not installed (Debian: apt-get install softhsm2)";
  return (await loadBinding()) === undefined ? "pkcs11js is not compiled (npm run pkcs11)" : undefined;
}

export interface NewTokenKey {
  readonly label: string;
  readonly id: Uint8Array;
  readonly algorithm: "ed25519" | "p-256" | "p-384";
  readonly extractable?: "yes";
  readonly sensitive?: "no";
  readonly alwaysAuthenticate?: "yes";
  readonly publicObject?: "absent" | "of-another-key";
}

export const testPin = "648219";
const securityOfficerPin = "97531864";

export class SoftHsm {
  readonly module: string;
  readonly folder: string;
  /** What a process needs to see these tokens; this one has it already. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #binding: Binding;

  private constructor(module: string, binding: Binding) {
    this.module = module;
    this.#binding = binding;
    this.folder = mkdtempSync(path.join(tmpdir(), "sumac-softhsm-"));
    mkdirSync(path.join(this.folder, "tokens"));
    const configuration = path.join(this.folder, "softhsm2.conf");
    writeFileSync(configuration, `directories.tokendir = ${this.folder}/tokens\nlog.level = ERROR\n`);
    this.environment = { SOFTHSM2_CONF: configuration };
    env["SOFTHSM2_CONF"] = configuration;
  }

  static async make(): Promise<SoftHsm> {
    const binding = await loadBinding();
    if (softHsmModule === undefined || binding === undefined) throw new Error("ask softHsmMissing first");
    return new SoftHsm(softHsmModule, binding);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  uri(words: string): string {
    return `pkcs11:${words}?module-path=${this.module}`;
  }

  /** A new token with these keys; answers with its serial number. */
  makeToken(label: string, keys: readonly NewTokenKey[] = []): string {
    const { CKU_SO, CKU_USER, CKF_RW_SESSION, CKF_SERIAL_SESSION } = this.#binding;
    return this.#withModule((module) => {
      // SoftHSM always has one slot with a token that is not initialized; its flags tell it.
      const empty = module.C_GetSlotList(true).find((slot) => (module.C_GetTokenInfo(slot).flags & 0x400) === 0);
      if (empty === undefined) throw new Error("no empty slot");
      const before = new Set(serials(module));
      module.C_InitToken(empty, securityOfficerPin, label.padEnd(32));
      const slot = module.C_GetSlotList(true).find((one) => !before.has(module.C_GetTokenInfo(one).serialNumber));
      if (slot === undefined) throw new Error("no new token");
      const session = module.C_OpenSession(slot, CKF_RW_SESSION | CKF_SERIAL_SESSION);
      module.C_Login(session, CKU_SO, securityOfficerPin);
      module.C_InitPIN(session, testPin);
      module.C_Logout(session);
      module.C_Login(session, CKU_USER, testPin);
      for (const key of keys) generate(module, session, key);
      const serial = module.C_GetTokenInfo(slot).serialNumber.trimEnd();
      module.C_CloseSession(session);
      return serial;
    });
  }

  #withModule<T>(use: (module: InstanceType<Binding["PKCS11"]>) => T): T {
    const module = new this.#binding.PKCS11();
    module.load(this.module);
    module.C_Initialize({ flags: osLockingOk });
    try {
      return use(module);
    } finally {
      module.C_Finalize();
      module.close();
    }
  }
}

type Module = InstanceType<Binding["PKCS11"]>;

const serials = (module: Module): string[] =>
  module.C_GetSlotList(true).map((slot) => module.C_GetTokenInfo(slot).serialNumber);

const curves = {
  ed25519: { params: "06032b6570", mechanism: 0x1055, type: keyType.ecEdwards },
  "p-256": { params: "06082a8648ce3d030107", mechanism: 0x1040, type: keyType.ec },
  "p-384": { params: "06052b81040022", mechanism: 0x1040, type: keyType.ec },
} as const;

/** CKA_TOKEN, CKA_PRIVATE, CKA_VERIFY: only making a key needs them. */
const [token, isPrivate, verify] = [0x001, 0x002, 0x10a];

function generate(module: Module, session: Buffer, key: NewTokenKey): void {
  const { params, mechanism, type } = curves[key.algorithm];
  const label = { type: attribute.label, value: key.label };
  const pair = module.C_GenerateKeyPair(
    session,
    { mechanism },
    [
      { type: token, value: key.publicObject !== "absent" && key.publicObject !== "of-another-key" },
      { type: attribute.class, value: objectClass.publicKey },
      { type: attribute.keyType, value: type },
      { type: verify, value: true },
      { type: attribute.id, value: Buffer.from(key.id) },
      label,
      { type: attribute.ecParams, value: Buffer.from(params, "hex") },
    ],
    [
      { type: token, value: true },
      { type: isPrivate, value: true },
      { type: attribute.class, value: objectClass.privateKey },
      { type: attribute.keyType, value: type },
      { type: attribute.sign, value: true },
      { type: attribute.sensitive, value: key.sensitive !== "no" },
      { type: attribute.extractable, value: key.extractable === "yes" },
      ...(key.alwaysAuthenticate === "yes" ? [{ type: attribute.alwaysAuthenticate, value: true }] : []),
      { type: attribute.id, value: Buffer.from(key.id) },
      label,
    ],
  );
  if (key.publicObject !== "of-another-key") return;
  const other = module.C_GenerateKeyPair(
    session,
    { mechanism },
    [
      { type: token, value: true },
      { type: attribute.class, value: objectClass.publicKey },
      { type: attribute.keyType, value: type },
      { type: attribute.id, value: Buffer.from(key.id) },
      label,
      { type: attribute.ecParams, value: Buffer.from(params, "hex") },
    ],
    [
      { type: token, value: false },
      { type: attribute.class, value: objectClass.privateKey },
      { type: attribute.keyType, value: type },
      { type: attribute.sign, value: true },
    ],
  );
  module.C_DestroyObject(session, other.privateKey);
  module.C_DestroyObject(session, pair.publicKey);
}
