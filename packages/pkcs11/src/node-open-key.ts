import { err, type Result } from "@sumac/cbor";
import { nodeCrypto } from "@sumac/crypto/node";
import type { SignerFault } from "@sumac/signing";
import { openModule } from "./node-module.ts";
import { type OpenedTokenKey, type OpenKeyContext, openTokenKey } from "./open-key.ts";
import type { Pkcs11Refusal } from "./pkcs11-refusal.ts";
import type { Pkcs11Uri } from "./pkcs11-uri.ts";

export interface Pkcs11Options extends Pick<OpenKeyContext, "obtainPin"> {
  /** The driver, if the URI names none. */
  readonly modulePath?: string | undefined;
}

/** `openTokenKey` through the driver that the URI or the caller names; `close` ends the driver too. */
export async function openPkcs11Key(
  uri: Pkcs11Uri,
  { modulePath, obtainPin }: Pkcs11Options,
): Promise<Result<OpenedTokenKey, SignerFault | Pkcs11Refusal>> {
  const path = uri.modulePath ?? modulePath;
  if (path === undefined || path === "") return err({ code: "pkcs11-module-unnamed" });
  const module = await openModule(path);
  if (!module.ok) return module;
  const { cryptoki, close } = module.value;
  try {
    const opened = await openTokenKey(uri, { cryptoki, crypto: nodeCrypto, obtainPin });
    if (!opened.ok) {
      close();
      return opened;
    }
    return {
      ok: true,
      value: {
        ...opened.value,
        close: () => {
          opened.value.close();
          close();
        },
      },
    };
  } catch (fault) {
    // A PIN that nobody typed: the module is given back before that is told.
    close();
    throw fault;
  }
}
