import { usage } from "./failure.ts";

/** Where the private key lies that the command line names. */
export type KeySource =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "token"; readonly uri: string }
  | { readonly kind: "command"; readonly words: readonly string[] };

/**
 * A key as it was typed: `pkcs11:...` is a key in a token, `command:PROGRAM WORD...` one behind an external command,
 * anything else a file. A file of such a name is `./pkcs11:...`.
 */
export function keySource(typed: string): KeySource {
  if (/^pkcs11:/i.test(typed)) return { kind: "token", uri: typed };
  if (!typed.startsWith("command:")) return { kind: "file", path: typed };
  const words = typed.slice("command:".length).split(" ");
  if (words[0] === "") {
    throw usage("bad-value", "command: names no program", "write command:PROGRAM WORD WORD, each behind one space");
  }
  return { kind: "command", words };
}

export const keySourceNote: string =
  "Instead of a file, a key can be pkcs11:URI (a token) or command:PROGRAM (an external signer): docs/keys-and-ceremonies.md.";
