import { expect, test } from "vitest";
import { explain } from "./explain.ts";
import type { Pkcs11Refusal, Pkcs11Warning } from "./pkcs11-refusal.ts";

const signer = 'the token "a"';
const facts: readonly (Pkcs11Refusal | Pkcs11Warning)[] = [
  { code: "pkcs11-uri-invalid", reason: "unknown-attribute", attribute: "x" },
  { code: "pkcs11-uri-invalid", reason: "not-a-pkcs11-uri" },
  { code: "pkcs11-pin-in-uri" },
  { code: "pkcs11-not-built" },
  { code: "pkcs11-module-unnamed" },
  { code: "pkcs11-module-unusable", path: "/p.so", said: "it is no PKCS#11 library" },
  { code: "token-ambiguous", signer, serials: ["1", "2"] },
  { code: "token-key-ambiguous", signer, ids: ["01", "02"] },
  { code: "token-key-extractable", signer, flaw: "extractable" },
  { code: "token-key-extractable", signer, flaw: "not-sensitive" },
  { code: "token-key-cannot-sign", signer },
  { code: "token-key-unsupported", signer },
  { code: "token-public-key-missing", signer },
  { code: "token-pin-unset", signer },
  { code: "token-pin-expired", signer },
  { code: "token-key-imported", signer },
];

test("every fact is one line of problem and one of remedy", () => {
  const said = facts.map((fact) => Object.values(explain(fact)).join("\n"));
  expect(new Set(said).size).toBe(facts.length);
  for (const text of said) expect(text).toMatch(/^[^A-Z\n][^\n]*[^.\n]\n[^A-Z\n][^\n]*[^.\n]$/);
});
