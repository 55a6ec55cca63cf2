import { Passphrase } from "./passphrase.ts";

export const testPassphraseText = "TEST ONLY passphrase";

export function passphraseOf(text: string): Passphrase {
  const parsed = Passphrase.parse(new TextEncoder().encode(text));
  if (!parsed.ok) throw new Error(`not a passphrase: ${parsed.error.reason}`);
  return parsed.value;
}
