import { err, ok, type Result } from "@sumac/cbor";
import { algorithmForScheme, keyId } from "@sumac/cose";
import { type Crypto, type PublicKey, schemeForms } from "@sumac/crypto";
import { type Passphrase, type Signer, type SignerFault, SignerUnavailable } from "@sumac/signing";
import { type Cryptoki, type Handle, returnValueOf } from "./cryptoki.ts";
import { type FoundKey, findKey } from "./find-key.ts";
import { type FoundToken, findToken, unpadded } from "./find-token.ts";
import { mechanism, readOnlySession, returnValue, tokenFlag, userType } from "./labels.ts";
import type { Pkcs11Refusal, Pkcs11Warning } from "./pkcs11-refusal.ts";
import type { Pkcs11Uri } from "./pkcs11-uri.ts";
import { faultOf } from "./token-fault.ts";

/** What the token says of its PIN, for the question to a person. */
export interface PinRequest {
  /** The label of the token. */
  readonly token: string;
  readonly tries: "normal" | "few" | "last";
}

export interface OpenKeyContext {
  readonly cryptoki: Cryptoki;
  readonly crypto: Crypto;
  /** Called at most once, and not if the token has a PIN pad of its own. */
  readonly obtainPin: (request: PinRequest) => Promise<Passphrase>;
}

export interface OpenedTokenKey {
  readonly signer: Signer;
  readonly warnings: readonly Pkcs11Warning[];
  /** Logs out and ends the session; the signer is of no use any more. */
  close(): void;
}

type Refusal = SignerFault | Pkcs11Refusal;

/**
 * Opens the key that the URI names: one token, one key, sensitive and not extractable, Ed25519 or P-256. The PIN is
 * tried once: a token counts wrong ones. The signer checks each signature with the public key before it hands it on,
 * and rejects with `SignerUnavailable`.
 */
export async function openTokenKey(uri: Pkcs11Uri, context: OpenKeyContext): Promise<Result<OpenedTokenKey, Refusal>> {
  const { cryptoki } = context;
  let session: Handle | undefined;
  const close = (): void => {
    if (session !== undefined) cryptoki.C_CloseSession(session);
    session = undefined;
  };
  let signerName = "the token";
  try {
    const token = findToken(cryptoki, uri);
    if (!token.ok) return token;
    signerName = token.value.name;
    session = cryptoki.C_OpenSession(token.value.slot, readOnlySession);
    const pin = await logIn(session, token.value, context);
    if (!pin.ok) {
      close();
      return pin;
    }
    const key = findKey(cryptoki, session, uri, signerName);
    if (!key.ok) {
      close();
      return key;
    }
    const kept = key.value.pinEachTime === "yes" ? pin.value : undefined;
    const signer = new TokenSession(session, key.value, signerName, kept, context).signer();
    const warnings: Pkcs11Warning[] =
      key.value.origin === "token" ? [] : [{ code: "token-key-imported", signer: signerName }];
    return ok({ signer, warnings, close });
  } catch (fault) {
    close();
    return err(faultOf(fault, signerName));
  }
}

/** The PIN, for keys that want it again; undefined if none was needed or the token asks at its own pad. */
async function logIn(
  session: Handle,
  { info, name, slot }: FoundToken,
  { cryptoki, obtainPin }: OpenKeyContext,
): Promise<Result<string | undefined, Refusal>> {
  const { flags } = info;
  const has = (flag: number): boolean => (flags & flag) !== 0;
  if (!has(tokenFlag.loginRequired)) return ok(undefined);
  // Asked before a person types: no PIN opens it, and some tokens count even this one.
  if (has(tokenFlag.userPinLocked)) return err({ code: "pin-blocked", signer: name });
  let pin: string | undefined;
  if (!has(tokenFlag.protectedAuthenticationPath)) {
    const tries = has(tokenFlag.userPinFinalTry) ? "last" : has(tokenFlag.userPinCountLow) ? "few" : "normal";
    const secret = await obtainPin({ token: unpadded(info.label), tries });
    pin = new TextDecoder().decode(secret.reveal());
    secret.wipe();
  }
  try {
    cryptoki.C_Login(session, userType.user, pin);
  } catch (fault) {
    // Another key of the same token was opened before; one login counts for all sessions of a process.
    if (returnValueOf(fault)?.value === returnValue.userAlreadyLoggedIn) return ok(pin);
    const refusal = faultOf(fault, name);
    if (refusal.code !== "pin-wrong") return err(refusal);
    const now = cryptoki.C_GetTokenInfo(slot).flags;
    if ((now & tokenFlag.userPinLocked) !== 0) return err({ code: "pin-blocked", signer: name });
    return err((now & tokenFlag.userPinFinalTry) === 0 ? refusal : { ...refusal, triesLeft: 1 });
  }
  return ok(pin);
}

class TokenSession {
  readonly #session: Handle;
  readonly #key: FoundKey;
  readonly #name: string;
  readonly #pin: string | undefined;
  readonly #cryptoki: Cryptoki;
  readonly #crypto: Crypto;
  /** A session signs one thing at a time. */
  #busy: Promise<unknown> = Promise.resolve();

  constructor(
    session: Handle,
    key: FoundKey,
    name: string,
    pin: string | undefined,
    { cryptoki, crypto }: OpenKeyContext,
  ) {
    this.#session = session;
    this.#key = key;
    this.#name = name;
    this.#pin = pin;
    this.#cryptoki = cryptoki;
    this.#crypto = crypto;
  }

  signer(): Signer {
    const { publicKey } = this.#key;
    return {
      keyId: keyId(publicKey, this.#crypto),
      algorithm: algorithmForScheme(publicKey.scheme),
      publicKey,
      sign: (toBeSigned) => {
        const message = new Uint8Array(toBeSigned);
        const signed = this.#busy.then(() => this.#sign(message, publicKey));
        this.#busy = signed.catch(() => undefined);
        return signed;
      },
    };
  }

  async #sign(message: Uint8Array, publicKey: PublicKey): Promise<Uint8Array> {
    const { privateKey, pinEachTime } = this.#key;
    const isEdwards = publicKey.scheme === "ed25519";
    const data = isEdwards ? message : this.#digest(message);
    const room = new Uint8Array(schemeForms[publicKey.scheme].signatureLength);
    let signature: Uint8Array;
    try {
      const how = { mechanism: isEdwards ? mechanism.eddsa : mechanism.ecdsa };
      this.#cryptoki.C_SignInit(this.#session, how, privateKey);
      if (pinEachTime === "yes") this.#cryptoki.C_Login(this.#session, userType.contextSpecific, this.#pin);
      signature = new Uint8Array(await this.#cryptoki.C_SignAsync(this.#session, withAddress(data), room));
    } catch (fault) {
      const refusal = faultOf(fault, this.#name);
      throw new SignerUnavailable(asSignerFault(refusal, this.#name), { cause: fault });
    }
    if (this.#crypto.verify(publicKey, message, signature)) return signature;
    throw new SignerUnavailable({ code: "signature-not-by-key", signer: this.#name });
  }

  #digest(message: Uint8Array): Uint8Array {
    const running = this.#crypto.startDigest("sha-256");
    running.update(message);
    return running.digest();
  }
}

/** The same bytes in front of a spare one: an empty array alone has no address, and modules refuse what has none. */
function withAddress(bytes: Uint8Array): Uint8Array {
  const spare = new Uint8Array(bytes.length + 1);
  spare.set(bytes);
  return spare.subarray(0, bytes.length);
}

/** What only a login can answer is nothing special in the middle of signing. */
function asSignerFault(refusal: Refusal, signer: string): SignerFault {
  switch (refusal.code) {
    case "token-pin-expired":
    case "token-pin-unset":
      return { code: "signer-failed", signer, said: refusal.code };
    default:
      return refusal as SignerFault;
  }
}
