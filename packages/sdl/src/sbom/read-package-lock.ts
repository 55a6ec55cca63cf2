import { err, ok } from "@sumac/cbor";
import { itemLines } from "./json-lines.ts";
import { plain, type SbomPart, type SbomReader, unstated } from "./sbom-part.ts";

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const algorithms: Readonly<Record<string, string>> = {
  sha1: "SHA-1",
  sha256: "SHA-256",
  sha384: "SHA-384",
  sha512: "SHA-512",
};

/** `package-lock.json` of version 2 or 3. What is only needed to build is there with scope `excluded`. */
export const readPackageLock: SbomReader = (file, text) => {
  const lock: unknown = JSON.parse(text);
  const packages = isObject(lock) ? lock["packages"] : undefined;
  const malformed = (about: string, line = 1) => err([{ code: "sbom-input-malformed" as const, file, line, about }]);
  if (!isObject(packages)) return malformed("package-lock.json of version 2 or 3 has packages");
  const lines = itemLines(text, "packages");
  const entries = Object.entries(packages).map(([path, entry], index) => ({ path, entry, line: lines[index] ?? 1 }));
  const parts: SbomPart[] = [];
  const places = new Map<string, number>();
  for (const { path, entry, line } of entries) {
    if (!isObject(entry)) return malformed(`${plain(path)} is no object`, line);
    if (path === "" || entry["link"] === true) continue;
    const hashes = integrityOf(entry["integrity"]);
    if (hashes === undefined) return malformed(`the integrity of ${plain(path)}`, line);
    const name = plain(entry["name"]) || plain(path.split("node_modules/").at(-1));
    const version = plain(entry["version"]);
    const license = plain(entry["license"]);
    places.set(path, parts.length);
    parts.push({
      ...unstated,
      name,
      version,
      purl: name === "" || version === "" ? "" : npmPurl(name, version),
      type: "library",
      scope: entry["dev"] === true ? "excluded" : entry["optional"] === true ? "optional" : "required",
      licenses: license === "" ? [] : [license],
      hashes,
      file,
      line,
    });
  }
  const needs: (readonly [number, number])[] = [];
  for (const { path, entry } of entries) {
    const from = places.get(path);
    if (from === undefined || !isObject(entry)) continue;
    for (const member of ["dependencies", "optionalDependencies"]) {
      const wanted = entry[member];
      for (const name of isObject(wanted) ? Object.keys(wanted) : []) {
        const to = nearest(path, name, places);
        // An optional one of another platform is not in the file.
        if (to !== undefined) needs.push([from, to]);
      }
    }
  }
  return ok({ parts, needs });
};

const npmPurl = (name: string, version: string): string =>
  `pkg:npm/${name.split("/").map(encodeURIComponent).join("/")}@${encodeURIComponent(version)}`;

/** As Node looks for it: beside the package, then further out. */
function nearest(path: string, name: string, places: ReadonlyMap<string, number>): number | undefined {
  for (let folder = path; ; ) {
    const found = places.get(`${folder === "" ? "" : `${folder}/`}node_modules/${name}`);
    if (found !== undefined || folder === "") return found;
    const cut = folder.lastIndexOf("node_modules/");
    folder = cut <= 0 ? "" : folder.slice(0, cut - 1);
  }
}

/** Subresource integrity: `sha512-BASE64`, several with spaces between; undefined for anything else. */
function integrityOf(value: unknown): ReadonlyMap<string, string> | undefined {
  const hashes = new Map<string, string>();
  if (value === undefined) return hashes;
  if (typeof value !== "string") return undefined;
  for (const word of value.trim().split(/\s+/)) {
    const [, name = "", digest = ""] = /^(sha\d+)-([A-Za-z0-9+/]+={0,2})$/.exec(word) ?? [];
    const algorithm = algorithms[name];
    if (algorithm === undefined || digest.length % 4 !== 0) return undefined;
    const hex = Array.from(atob(digest), (character) => character.charCodeAt(0).toString(16).padStart(2, "0")).join("");
    hashes.set(algorithm, hex);
  }
  return hashes;
}
