import { err, ok, type Result } from "@sumac/cbor";
import { algorithmForScheme, keyId } from "@sumac/cose";
import type { PublicKey } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { runSignerProcess, type SignerProcess } from "./node-signer-process.ts";
import type { Passphrase } from "./passphrase.ts";
import type { Signer } from "./signer.ts";
import { type SignerFault, SignerUnavailable } from "./signer-fault.ts";
import {
  parseReply,
  portSignature,
  type Reply,
  requestLine,
  type SignerRequest,
  signerProtocol,
} from "./signer-protocol.ts";

export interface CommandSignerOptions {
  /** Program and arguments. They are visible to every user of the machine: no secret belongs there. */
  readonly words: readonly string[];
  /** What the command sees; the caller leaves its own secrets out. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingFolder: string;
  /** Called at most once, and only if the command asks for a PIN. What it throws comes out of whoever needed the PIN. */
  readonly obtainPin: () => Promise<Passphrase>;
  readonly onNotice?: (line: string) => void;
  /** Of each call of the command; default 120 seconds. */
  readonly timeoutMs?: number;
  /** Ends a command that runs. */
  readonly signal?: AbortSignal;
}

/**
 * A signer behind an external command (docs/spec/signer-protocol.md): asks it for its public key now, and for a
 * signature whenever `sign` is called. Each call is a process of its own. A signature that the public key does not
 * verify is never handed on. `sign` rejects with `SignerUnavailable`.
 */
export async function openCommandSigner(options: CommandSignerOptions): Promise<Result<Signer, SignerFault>> {
  const [program, ...rest] = options.words;
  if (program === undefined || program === "") return err({ code: "signer-command-invalid", reason: "no-program" });
  if (rest.includes("")) return err({ code: "signer-command-invalid", reason: "empty-word" });
  const command = new SignerCommand(program, rest, options);
  const reply = await command.ask({ do: "public-key" });
  if (!reply.ok) return reply;
  if (reply.value.kind !== "public-key") return err(command.flaw("not-a-reply"));
  const { publicKey } = reply.value;
  const id = keyId(publicKey, nodeCrypto);
  const algorithm = algorithmForScheme(publicKey.scheme);
  return ok({
    keyId: id,
    algorithm,
    publicKey,
    sign: async (toBeSigned) => {
      const message = new Uint8Array(toBeSigned);
      const signed = await command.ask({ do: "sign", keyId: id, algorithm: algorithm.name, message });
      const signature = signed.ok ? signatureFrom(signed.value, publicKey, message, command) : signed;
      if (!signature.ok) throw new SignerUnavailable(signature.error);
      return signature.value;
    },
  });
}

function signatureFrom(
  reply: Reply,
  publicKey: PublicKey,
  message: Uint8Array,
  command: SignerCommand,
): Result<Uint8Array, SignerFault> {
  if (reply.kind !== "signature") return err(command.flaw("not-a-reply"));
  const signature = portSignature(reply, publicKey);
  if (signature === undefined) return err(command.flaw("signature"));
  if (nodeCrypto.verify(publicKey, message, signature)) return ok(signature);
  return err({ code: "signature-not-by-key", signer: command.name });
}

class SignerCommand {
  readonly name: string;
  readonly #process: SignerProcess;
  readonly #obtainPin: () => Promise<Passphrase>;
  #pin: Promise<string> | undefined;

  constructor(program: string, rest: readonly string[], options: CommandSignerOptions) {
    const { environment, workingFolder, obtainPin, onNotice = () => undefined } = options;
    const { timeoutMs = signerProtocol.timeoutSeconds * 1000, signal } = options;
    this.name = program;
    this.#process = {
      words: [program, ...rest],
      environment,
      workingFolder,
      timeoutMs,
      onNotice,
      ...(signal && { signal }),
    };
    this.#obtainPin = obtainPin;
  }

  flaw(reason: Extract<SignerFault, { code: "signer-reply-invalid" }>["reason"]): SignerFault {
    return { code: "signer-reply-invalid", signer: this.name, reason };
  }

  /** One request; a second one with the PIN if the command needs it. A wrong PIN is not tried again: tries are counted. */
  async ask(request: SignerRequest): Promise<Result<Reply, SignerFault>> {
    const known = this.#pin;
    const reply = await this.#askOnce(request, await known);
    if (reply.ok || reply.error.code !== "pin-needed" || known !== undefined) return reply;
    this.#pin ??= this.#readPin();
    return this.#askOnce(request, await this.#pin);
  }

  async #readPin(): Promise<string> {
    const pin = await this.#obtainPin();
    const text = new TextDecoder().decode(pin.reveal());
    pin.wipe();
    return text;
  }

  async #askOnce(request: SignerRequest, pin: string | undefined): Promise<Result<Reply, SignerFault>> {
    const outcome = await runSignerProcess(this.#process, requestLine(request, pin));
    const signer = this.name;
    switch (outcome.kind) {
      case "not-found":
        return err({ code: "signer-command-not-found", signer });
      case "too-slow":
        return err({ code: "signer-command-too-slow", signer, seconds: this.#process.timeoutMs / 1000 });
      case "too-large":
        return err(this.flaw("too-large"));
      case "ended": {
        const { exit, output, notices } = outcome;
        const reply = parseReply(output, signer);
        if (reply.ok && reply.value.kind === "error") return err(reply.value.fault);
        if (exit !== 0) return err({ code: "signer-command-failed", signer, exit, said: notices });
        return reply.ok ? reply : err(this.flaw(reply.error));
      }
    }
  }
}
