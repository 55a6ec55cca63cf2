import { describeDraft, type SigningRequest } from "@sumac/tuf/writer";
import type { Terminal } from "../terminal.ts";

/** What is to be signed, in words and digests. */
export function showDraft(request: SigningRequest, terminal: Terminal): void {
  const nameOf = (id: string): string | undefined => request.people.get(id);
  const { heading, lines } = describeDraft(request.role, request.draft, request.previous, nameOf);
  terminal.line(heading);
  for (const { sign, text } of lines) {
    terminal.line(`  ${sign} ${text}`, sign === "+" ? "green" : sign === "-" ? "red" : undefined);
  }
  for (const { authority, threshold, keyIds } of request.needs) {
    const who = keyIds.map((id) => nameOf(id) ?? id.slice(0, 16)).join(", ");
    terminal.line(`needs ${threshold} of the ${keyIds.length} keys of ${authority}: ${who}`);
  }
  terminal.line(`digest ${spaced(request.digest)}`);
}

/** In groups of eight, as people compare them over the telephone. */
export const spaced = (digest: string): string => digest.replace(/.{8}(?=.)/g, "$& ");

export function draftJson(request: SigningRequest): Readonly<Record<string, unknown>> {
  const { role, draft, digest, previous, needs } = request;
  const { lines } = describeDraft(role, draft, previous, (id) => request.people.get(id));
  return {
    role,
    version: draft.version,
    expires: draft.expires,
    digest,
    // All that is signed; what of it is a change is only as true as the version before that the request brings.
    says: lines.flatMap(({ sign, text }) => (sign === "-" ? [] : [text])),
    changes: lines.flatMap(({ sign, text }) => (sign === " " ? [] : [`${sign} ${text}`])),
    needs,
  };
}
