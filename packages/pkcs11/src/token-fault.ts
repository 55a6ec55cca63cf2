import type { SignerFault } from "@sumac/signing";
import { returnValueOf } from "./cryptoki.ts";
import { returnValue } from "./labels.ts";
import type { Pkcs11Refusal } from "./pkcs11-refusal.ts";

/** What a failed call means to a person; the return value by its name where it means nothing in particular. */
export function faultOf(fault: unknown, signer: string): SignerFault | Pkcs11Refusal {
  const answered = returnValueOf(fault);
  if (answered === undefined) throw fault;
  switch (answered.value) {
    case returnValue.pinIncorrect:
    case returnValue.pinInvalid:
    case returnValue.pinLenRange:
      return { code: "pin-wrong", signer };
    case returnValue.pinLocked:
      return { code: "pin-blocked", signer };
    case returnValue.pinExpired:
      return { code: "token-pin-expired", signer };
    case returnValue.userPinNotInitialized:
      return { code: "token-pin-unset", signer };
    case returnValue.deviceRemoved:
    case returnValue.tokenNotPresent:
    case returnValue.tokenNotRecognized:
      return { code: "token-absent", signer };
    case returnValue.functionCanceled:
    case returnValue.functionRejected:
      return { code: "user-refused", signer };
    default:
      return { code: "signer-failed", signer, said: answered.name };
  }
}
