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

export const draftJson = (request: SigningRequest): Readonly<Record<string, unknown>> => ({
  role: request.role,
  version: request.draft.version,
  expires: request.draft.expires,
  digest: request.digest,
  changes: describeDraft(request.role, request.draft, request.previous, (id) => request.people.get(id)).lines.flatMap(
    ({ sign, text }) => (sign === " " ? [] : [`${sign} ${text}`]),
  ),
  needs: request.needs,
});
