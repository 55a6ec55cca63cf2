import { descriptionWords } from "./explain-description.ts";
import { encryptionWords } from "./explain-encryption.ts";
import { envelopeWords } from "./explain-envelope.ts";
import { findingWords } from "./explain-finding.ts";
import { buildWords, firmwareWords } from "./explain-firmware.ts";
import { keyWords, passphraseWords, signerWords } from "./explain-key.ts";
import { signerFaultWords } from "./explain-signer-fault.ts";
import { splitWords } from "./explain-split.ts";
import type { SigningFact } from "./refusal.ts";
import type { Explanation, Words } from "./words.ts";

/** The one place that turns a code of this package into sentences: refusals, warnings and findings. */
export function explain(fact: SigningFact): Explanation {
  // The table has, for each code, the function that takes its facts; the compiler cannot follow that through the index.
  return (allWords[fact.code] as (fact: SigningFact) => Explanation)(fact);
}

/** Every code that this package can answer with. */
export const signingCodes = (): readonly string[] => Object.keys(allWords).sort();

const allWords: Words<SigningFact> = {
  ...keyWords,
  ...passphraseWords,
  ...signerWords,
  ...signerFaultWords,
  ...splitWords,
  ...firmwareWords,
  ...buildWords,
  ...descriptionWords,
  ...encryptionWords,
  ...envelopeWords,
  ...findingWords,
};
