import type { Result } from "@sumac/cbor";
import { explain, type KeyWarning, type SigningRefusal } from "@sumac/signing";
import { type ExitCode, exitCode } from "./exit-code.ts";
import { Failure, type FailureFacts } from "./failure.ts";
import type { Terminal } from "./terminal.ts";

const { usage, refused, malformed, unavailable } = exitCode;

/** Exhaustive: a new refusal without an exit code does not compile. */
const exits: Readonly<Record<SigningRefusal["code"], ExitCode>> = {
  "description-bad-value": malformed,
  "description-duplicate-key": malformed,
  "description-empty": malformed,
  "description-missing-key": malformed,
  "description-not-plain": malformed,
  "description-not-utf-8": malformed,
  "description-not-yaml": malformed,
  "description-too-deep": malformed,
  "description-too-large": malformed,
  "description-unknown-key": malformed,
  "description-wrong-type": malformed,
  "elf-malformed": malformed,
  "elf-not-firmware": malformed,
  "elf-overlap": malformed,
  "envelope-too-large": refused,
  "firmware-too-large": refused,
  "firmware-too-spread": malformed,
  "firmware-without-data": malformed,
  "image-empty": malformed,
  "image-larger-than-slot": refused,
  "intel-hex-malformed": malformed,
  "intel-hex-overlap": malformed,
  "key-content-invalid": malformed,
  "key-damaged": malformed,
  "key-directory-not-found": unavailable,
  "key-encrypted": malformed,
  "key-exists": usage,
  "key-for-recipient": malformed,
  "key-name-invalid": usage,
  "key-not-age": malformed,
  "key-not-encrypted": malformed,
  "key-not-found": unavailable,
  "key-too-large": malformed,
  "key-truncated": malformed,
  "key-work-factor-too-high": refused,
  "limit-exceeded": refused,
  malformed: malformed,
  "manifest-digest-mismatch": refused,
  "member-unauthenticated": refused,
  "no-terminal": usage,
  "not-firmware": malformed,
  "own-signature-invalid": refused,
  "passphrase-file-not-found": unavailable,
  "passphrase-file-too-large": malformed,
  "passphrase-mismatch": usage,
  "passphrase-unusable": usage,
  "passphrase-variable-unset": usage,
  "payload-mismatch": refused,
  "payload-uri-invalid": usage,
  "pin-blocked": refused,
  "pin-needed": usage,
  "pin-wrong": refused,
  "private-key-given": malformed,
  "public-key-invalid": malformed,
  "public-key-mismatch": refused,
  "recipient-duplicate": usage,
  "recipient-key-unusable": malformed,
  "recipients-missing": usage,
  "request-altered": refused,
  "request-roles-invalid": usage,
  "sequence-out-of-range": usage,
  "several-components": refused,
  "severed-member-mismatch": refused,
  "severed-member-missing": refused,
  "signature-by-stranger": refused,
  "signature-not-by-key": refused,
  "signature-other-request": refused,
  "signature-twice": refused,
  "signature-unverified": refused,
  "signatures-missing": refused,
  "signer-command-failed": unavailable,
  "signer-command-invalid": usage,
  "signer-command-not-found": unavailable,
  "signer-command-too-slow": unavailable,
  "signer-failed": unavailable,
  "signer-faulty": refused,
  "signer-not-asked": refused,
  "signer-reply-invalid": malformed,
  "signing-key-not-found": unavailable,
  "split-file-malformed": malformed,
  "split-file-wrong": malformed,
  "token-absent": unavailable,
  "too-large": refused,
  unsupported: refused,
  "user-refused": refused,
  "version-invalid": usage,
  "wrong-passphrase": refused,
};

/** The value, or the refusal as what a person is told. */
export function orFail<T>(result: Result<T, SigningRefusal>): T {
  if (result.ok) return result.value;
  throw new Failure(signingFailure(result.error));
}

/** What a person is told of a refusal. */
export const signingFailure = (refusal: SigningRefusal): FailureFacts => ({
  code: refusal.code,
  ...explain(refusal),
  exit: exits[refusal.code],
});

/** Something worth saying that stops nothing, as a line on stderr. */
export function noteWarnings(warnings: readonly KeyWarning[], terminal: Terminal): void {
  for (const warning of warnings) {
    const { problem, remedy } = explain(warning);
    terminal.warning({ code: warning.code, problem, remedy });
  }
}
