import type { Result } from "@sumac/cbor";
import type { Pkcs11Refusal } from "@sumac/pkcs11";
import type { Signer, SigningRefusal } from "@sumac/signing";
import type { CommandContext } from "./command.ts";
import { type ExitCode, exitCode } from "./exit-code.ts";
import { Failure, unavailable } from "./failure.ts";
import { closeAtEnd } from "./opened-tokens.ts";
import { obtainPin } from "./pin.ts";
import { orFail } from "./signing-failure.ts";

const { usage, refused, unavailable: absent } = exitCode;

/** Exhaustive: a new refusal without an exit code does not compile. */
const exits: Readonly<Record<Pkcs11Refusal["code"], ExitCode>> = {
  "pkcs11-module-unnamed": usage,
  "pkcs11-module-unusable": absent,
  "pkcs11-not-built": absent,
  "pkcs11-pin-in-uri": usage,
  "pkcs11-uri-invalid": usage,
  "token-ambiguous": usage,
  "token-key-ambiguous": usage,
  "token-key-cannot-sign": refused,
  "token-key-extractable": refused,
  "token-key-unsupported": refused,
  "token-pin-expired": refused,
  "token-pin-unset": refused,
  "token-public-key-missing": refused,
};

const triesWords = { normal: "", few: " (few tries are left)", last: " (the LAST try before it is blocked)" } as const;

/** The signer of a `pkcs11:` URI. The plug-in for tokens is loaded here and nowhere else. */
export async function openTokenSigner(
  text: string,
  pinFile: string | undefined,
  context: CommandContext,
): Promise<Signer> {
  const { explain, parsePkcs11Uri, openPkcs11Key } = await loadPlugIn();
  const orRefuse = <T>(result: Result<T, Pkcs11Refusal | SigningRefusal>): T => {
    if (result.ok) return result.value;
    const { error } = result;
    if (!isOwn(error)) return orFail<T>({ ok: false, error });
    throw new Failure({ code: error.code, ...explain(error), exit: exits[error.code] });
  };
  const uri = orRefuse(parsePkcs11Uri(text));
  const opened = orRefuse(
    await openPkcs11Key(uri, {
      modulePath: context.io.environment["SUMAC_PKCS11_MODULE"],
      obtainPin: ({ token, tries }) =>
        obtainPin(
          { file: pinFile ?? uri.pinSource, question: `PIN of the token ${token}${triesWords[tries]}: ` },
          context,
        ),
    }),
  );
  closeAtEnd(opened.close);
  for (const warning of opened.warnings) context.terminal.warning({ code: warning.code, ...explain(warning) });
  return opened.signer;
}

const isOwn = (refusal: Pkcs11Refusal | SigningRefusal): refusal is Pkcs11Refusal => Object.hasOwn(exits, refusal.code);

async function loadPlugIn() {
  try {
    return { ...(await import("@sumac/pkcs11")), ...(await import("@sumac/pkcs11/node")) };
  } catch (fault) {
    if (!(fault instanceof Error) || !("code" in fault) || fault.code !== "ERR_MODULE_NOT_FOUND") throw fault;
    throw unavailable(
      "pkcs11-not-installed",
      "this installation has no plug-in for PKCS#11 tokens",
      "install the package @sumac/pkcs11 beside sumac, or sign through command:PROGRAM",
    );
  }
}
