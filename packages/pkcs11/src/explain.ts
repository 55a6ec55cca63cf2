import type { Explanation } from "@sumac/signing";
import type { Pkcs11Refusal, Pkcs11Warning, UriFlaw } from "./pkcs11-refusal.ts";

const flaws: Readonly<Record<UriFlaw, string>> = {
  "not-a-pkcs11-uri": "does not begin with pkcs11: or has a second ?",
  "attribute-without-value": "has an attribute without a value",
  "unknown-attribute": "has an attribute that is not understood",
  "duplicate-attribute": "has an attribute twice",
  "percent-encoding": "has a percent sign that encodes nothing, or bytes that are no text",
  "not-a-private-key": "names another type of object than private",
  "slot-id": "has a slot-id that is no number",
  "pin-source": "has a pin-source that is no absolute path of a file",
  "module-path": "has a module-path that is not absolute",
};

const listed = (names: readonly string[]): string => (names.length === 0 ? "none" : names.join(", "));

/** The one place that turns a code of this package into sentences. */
export function explain(fact: Pkcs11Refusal | Pkcs11Warning): Explanation {
  switch (fact.code) {
    case "pkcs11-uri-invalid":
      return {
        problem: `the key URI ${flaws[fact.reason]}${fact.attribute === undefined ? "" : `: ${fact.attribute}`}`,
        remedy:
          "write it like pkcs11:token=release;object=line-a?module-path=/usr/lib/softhsm/libsofthsm2.so (RFC 7512)",
      };
    case "pkcs11-pin-in-uri":
      return {
        problem: "the key URI holds the PIN, where every user of the machine can read it",
        remedy: "take pin-value out and set a new PIN; give it with --pin-file, in SUMAC_PIN or at the prompt",
      };
    case "pkcs11-not-built":
      return {
        problem: "this installation cannot use PKCS#11: the optional package pkcs11js is missing or was not compiled",
        remedy: "run `npm run pkcs11` (it needs a C++ compiler, make and Python 3), or sign through command:PROGRAM",
      };
    case "pkcs11-module-unnamed":
      return {
        problem: "no PKCS#11 module is named, so there is no way to the token",
        remedy: "add ?module-path=/path/of/the/driver.so to the URI, or set SUMAC_PKCS11_MODULE",
      };
    case "pkcs11-module-unusable":
      return {
        problem: `the PKCS#11 module ${fact.path} cannot be used (${fact.said})`,
        remedy: "check the path; it has to be the driver of the token, built for this machine",
      };
    case "token-ambiguous":
      return {
        problem: `${fact.signer} could be any of ${fact.serials.length} tokens (serial numbers ${listed(fact.serials)})`,
        remedy: "add serial=... to the URI",
      };
    case "token-key-ambiguous":
      return {
        problem: `${fact.signer} has ${fact.ids.length} keys that match (ids ${listed(fact.ids)})`,
        remedy: "add id=... to the URI, each byte as a percent sign and two digits",
      };
    case "token-key-extractable":
      return {
        problem: `the key in ${fact.signer} ${fact.flaw === "extractable" ? "can be taken out of it" : "is not marked as sensitive, so the token shows it"}`,
        remedy:
          "make a key in the token that is sensitive and not extractable, and have it trusted in place of this one",
      };
    case "token-key-cannot-sign":
      return { problem: `the key in ${fact.signer} may not sign`, remedy: "use a key that was made for signing" };
    case "token-key-unsupported":
      return {
        problem: `the key in ${fact.signer} is for another algorithm than Ed25519 or ECDSA on P-256`,
        remedy: "make one of these in the token",
      };
    case "token-public-key-missing":
      return {
        problem: `${fact.signer} holds no public key for the private one`,
        remedy: "store the public key in it too, with the same id",
      };
    case "token-pin-unset":
      return { problem: `${fact.signer} has no PIN yet`, remedy: "set one with the tool of the token" };
    case "token-pin-expired":
      return { problem: `the PIN of ${fact.signer} has expired`, remedy: "set a new one with the tool of the token" };
    case "token-key-imported":
      return {
        problem: `the key in ${fact.signer} was not always inside a token, so copies of it may exist`,
        remedy: "for a key that must exist once, make it in the token",
      };
  }
}
