import type { Terminal } from "../terminal.ts";
import { type Ceremony, progressOf } from "./ceremony.ts";
import type { Repository } from "./repository.ts";
import { draftJson, showDraft } from "./show-draft.ts";

/** What a command says that has prepared something to be signed. */
export function tellPrepared(ceremonies: readonly Ceremony[], terminal: Terminal): void {
  terminal.json({
    prepared: ceremonies.map(({ name, requestFile, request }) => ({
      ceremony: name,
      request: requestFile,
      ...draftJson(request),
    })),
  });
  for (const { requestFile, request } of ceremonies) {
    showDraft(request, terminal);
    terminal.line(`to sign: ${requestFile}`);
  }
}

/** Who has signed and who still has to, in one line each. */
export function progressLines(repository: Repository, ceremony: Ceremony): readonly string[] {
  const name = (id: string): string => repository.nameOf(id) ?? id.slice(0, 16);
  const { signed, missing } = progressOf(repository, ceremony);
  return [
    `signed by ${signed.length === 0 ? "nobody yet" : signed.map(name).join(", ")}`,
    ...missing.map(
      ({ authority, have, need, open }) =>
        `${authority} needs ${need - have} more of ${open.length === 0 ? "nobody who is left" : open.map(name).join(", ")}`,
    ),
  ];
}
