import { realpathSync } from "node:fs";
import { err, ok, type Result } from "@sumac/cbor";
import { type Cryptoki, returnValueOf } from "./cryptoki.ts";
import { osLockingOk, returnValue } from "./labels.ts";
import type { Pkcs11Refusal } from "./pkcs11-refusal.ts";

export interface OpenedModule {
  readonly cryptoki: Cryptoki;
  /** Ends the module when nobody else in this process uses it; it looks for tokens again when opened next. */
  close(): void;
}

interface Shared {
  readonly module: Cryptoki & { C_Finalize(): void; close(): void };
  users: number;
}

/** A module may be initialized once in a process, whatever it is called by. */
const open = new Map<string, Shared>();

/** Loads the driver of a token. pkcs11js is loaded here and nowhere else, so that all else works without it. */
export async function openModule(modulePath: string): Promise<Result<OpenedModule, Pkcs11Refusal>> {
  let binding: typeof import("pkcs11js");
  try {
    const loaded = await import("pkcs11js");
    // CommonJS: where the named exports were not recognised they are members of the default one.
    binding = "default" in loaded ? (loaded.default as typeof import("pkcs11js")) : loaded;
  } catch {
    return err({ code: "pkcs11-not-built" });
  }
  const unusable = (said: string): Result<never, Pkcs11Refusal> =>
    err({ code: "pkcs11-module-unusable", path: modulePath, said });
  let path: string;
  try {
    path = realpathSync(modulePath);
  } catch {
    return unusable("there is no such file");
  }
  let shared = open.get(path);
  if (shared === undefined) {
    const module = new binding.PKCS11();
    try {
      module.load(path);
    } catch {
      return unusable("it is no PKCS#11 library");
    }
    try {
      module.C_Initialize({ flags: osLockingOk });
    } catch (fault) {
      const answered = returnValueOf(fault);
      if (answered?.value !== returnValue.cryptokiAlreadyInitialized) {
        module.close();
        return unusable(answered?.name ?? "it does not start");
      }
    }
    // Its type wants Buffer where the call takes any Uint8Array.
    shared = { module: module as unknown as Shared["module"], users: 0 };
    open.set(path, shared);
  }
  const used: Shared = shared;
  used.users++;
  let isOpen = true;
  return ok({
    cryptoki: used.module,
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      if (--used.users > 0) return;
      open.delete(path);
      used.module.C_Finalize();
      used.module.close();
    },
  });
}
