import { err, ok } from "@sumac/cbor";
import { plain, type SbomPart, type SbomReader, unstated } from "./sbom-part.ts";

/**
 * What `west list` prints: name, path, revision and address of a repository in columns. A revision that is a commit
 * fixes the source, which is the reason why no hash is asked for.
 */
export const readWestList: SbomReader = (file, text) => {
  const parts: SbomPart[] = [];
  for (const [index, row] of text.split(/\r?\n/).entries()) {
    const line = index + 1;
    if (row.trim() === "") continue;
    const fields = row.trim().split(/\s+/);
    const [name = "", , revision = "", url = ""] = fields;
    // The manifest repository itself has no revision and no address: it is the vendor's own source.
    if (name === "manifest" && (revision === "HEAD" || revision === "N/A")) continue;
    if (fields.length !== 4 || !isAddress(url))
      return err([{ code: "sbom-input-malformed", file, line, about: "a row has name, path, revision and address" }]);
    const pinned = /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(revision);
    parts.push({
      ...unstated,
      name: plain(name),
      version: plain(revision),
      purl: repositoryPurl(name, revision, url),
      type: "library",
      ...(pinned ? { commit: { uid: revision, url }, reason: `source, pinned by git commit ${revision}` } : {}),
      file,
      line,
    });
  }
  return ok({ parts, needs: [] });
};

const isAddress = (text: string): boolean => /^(https?|ssh|git):\/\/\S+$|^git@[\w.-]+:\S+$/.test(text);

function repositoryPurl(name: string, revision: string, url: string): string {
  const [, owner = "", repository = ""] =
    /^(?:https:\/\/|ssh:\/\/git@|git@)github\.com[/:]([\w.-]+)\/([\w.-]+?)(?:\.git)?\/?$/.exec(url) ?? [];
  const version = encodeURIComponent(revision);
  return owner === ""
    ? `pkg:generic/${encodeURIComponent(name)}@${version}?vcs_url=${encodeURIComponent(`git+${url}`)}`
    : `pkg:github/${owner.toLowerCase()}/${repository.toLowerCase()}@${version}`;
}

/** The lines in which CMake says which packages it found; every other line of its output is passed over. */
export const readCmakeList: SbomReader = (file, text) =>
  ok({
    parts: text.split(/\r?\n/).flatMap((row, index) => {
      const [, name = ""] = /^-- Found ([^\s:]+):/.exec(row) ?? [];
      const [, version = ""] = /\(found (?:suitable |exact )?version "([^"]+)"/.exec(row) ?? [];
      return name === ""
        ? []
        : [{ ...unstated, name: plain(name), version: plain(version), type: "library", file, line: index + 1 }];
    }),
    needs: [],
  });
