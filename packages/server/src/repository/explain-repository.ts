import { explain as explainReading, type TufRefusal } from "@sumac/tuf";
import { explainWriting, type WriterRefusal } from "@sumac/tuf/writer";
import type { GroupRefusal } from "./offered-group.ts";
import type { OwnRepositoryRefusal } from "./repository-refusal.ts";

interface Sentences {
  readonly problem: string;
  readonly remedy: string;
}

const own: {
  readonly [Code in OwnRepositoryRefusal["code"]]: (
    refusal: Extract<OwnRepositoryRefusal, { readonly code: Code }>,
  ) => Sentences;
} = {
  "online-key-offline-role": ({ role }) => ({
    problem: `a key that this server holds is listed for ${role}, which has to be signed offline`,
    remedy: "give snapshot and timestamp keys of their own, and rotate the other role",
  }),
  "role-conflict": ({ role, version }) => ({
    problem: `${role} version ${version} is published already with other content`,
    remedy: "two people have prepared the same version: prepare, sign and combine the next one",
  }),
  "target-refused": ({ path, because }) => ({
    problem: `the envelope of ${path} would be refused by every device: ${because}`,
    remedy: "list an envelope that the line's own keys have signed",
  }),
  "target-ambiguous": ({ path, role, found }) => ({
    problem: `${role} lists ${path}, but ${found} would be asked for it`,
    remedy: "narrow the path patterns of the two roles, so that they never match the same path",
  }),
};

/** What the server tells whoever publishes; undefined: a code of a newer server. */
export function explainRepository(refusal: { readonly code: string }): Sentences | undefined {
  const ownSentence: ((refusal: never) => Sentences) | undefined = Object.hasOwn(own, refusal.code)
    ? own[refusal.code as OwnRepositoryRefusal["code"]]
    : undefined;
  if (ownSentence !== undefined) return ownSentence(refusal as never);
  try {
    const known = refusal as Exclude<GroupRefusal, OwnRepositoryRefusal>;
    return isWriters(known) ? explainWriting(known) : explainReading(known);
  } catch {
    // Facts that have been on the wire are not of the types that the sentences were written for.
    return undefined;
  }
}

const writersCodes: ReadonlySet<string> = new Set<WriterRefusal["code"]>([
  "role-not-written",
  "role-not-signed",
  "role-expired",
  "key-not-of-role",
  "delegation-absent",
  "name-not-writable",
  "target-file-missing",
  "target-file-differs",
  "version-exhausted",
  "lifetime-out-of-range",
  "clock-behind",
]);

const isWriters = (refusal: TufRefusal | WriterRefusal): refusal is WriterRefusal => writersCodes.has(refusal.code);
