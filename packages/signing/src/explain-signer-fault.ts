import type { ReplyFlaw, SignerFault } from "./signer-fault.ts";
import { signerProtocol } from "./signer-protocol.ts";
import { say, type Words } from "./words.ts";

const flaws: Readonly<Record<ReplyFlaw, string>> = {
  nothing: "answered nothing",
  "too-large": `answered more than ${signerProtocol.maxReplyBytes} bytes`,
  "several-lines": "answered more than one line",
  "not-json": "answered something that is not JSON",
  "not-a-reply": "answered JSON that is no reply to the request",
  "public-key": "answered a public key that cannot be read",
  signature: "answered something that cannot be a signature by its key",
};

const protocol = "see docs/spec/signer-protocol.md for what it has to answer; nothing was signed";

const quoted = (said: string): string => (said === "" ? "" : `: ${said.split("\n").slice(-3).join(" | ")}`);

export const signerFaultWords: Words<SignerFault> = {
  "pin-needed": ({ signer }) =>
    say(`${signer} needs a PIN`, "give it with --pin-file or in SUMAC_PIN, or run the command on a terminal"),
  "pin-wrong": ({ signer, triesLeft }) =>
    say(
      `the PIN does not open ${signer}${triesLeft === undefined ? "" : ` (tries left: ${triesLeft})`}`,
      "check which token and PIN it is before the next try: too many wrong ones block the token",
    ),
  "pin-blocked": ({ signer }) =>
    say(
      `the PIN of ${signer} is blocked after too many wrong ones`,
      "have its security officer set a new PIN, or sign with another key of the role",
    ),
  "token-absent": ({ signer }) => say(`${signer} is not there`, "plug the token in, or check its name"),
  "signing-key-not-found": ({ signer }) =>
    say(`${signer} has no such key`, "check label and id of the key; the tool of the token lists what it holds"),
  "user-refused": ({ signer }) =>
    say(`the person at ${signer} refused to sign`, "ask why; run the command again when that is settled"),
  "signer-failed": ({ signer, said }) =>
    say(`${signer} could not sign${quoted(said)}`, "look into the log of the token or key service"),
  "signature-not-by-key": ({ signer }) =>
    say(
      `${signer} gave a signature that does not verify under its public key`,
      "check that its public key belongs to its private key; nothing was signed",
    ),
  "signer-command-invalid": ({ reason }) =>
    say(
      reason === "no-program" ? "command: names no program" : "command: has two spaces in a row, or one at its end",
      "write command:PROGRAM WORD WORD, each word behind one space; a path with spaces needs a script around it",
    ),
  "signer-command-not-found": ({ signer }) =>
    say(`the signing command ${signer} cannot be started`, "check its path and that it may be executed"),
  "signer-command-failed": ({ signer, exit, said }) =>
    say(
      `the signing command ${signer} ended with ${typeof exit === "number" ? `exit code ${exit}` : exit}${quoted(said)}`,
      "run it by hand with the request of docs/spec/signer-protocol.md; nothing was signed",
    ),
  "signer-command-too-slow": ({ signer, seconds }) =>
    say(
      `the signing command ${signer} gave no answer within ${seconds} seconds`,
      "check token and network; nothing was signed",
    ),
  "signer-reply-invalid": ({ signer, reason }) => say(`the signing command ${signer} ${flaws[reason]}`, protocol),
};
