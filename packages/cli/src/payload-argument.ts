import { usage } from "./failure.ts";

/**
 * Sorts `--payload` values by the URIs that a manifest fetches. `URI=FILE` is matched against those URIs, since both
 * sides may hold an equals sign; `FILE` alone is enough where there is one URI.
 */
export function matchPayloads(values: readonly string[], uris: readonly string[]): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const value of values) {
    const named = uris.filter((uri) => value.startsWith(`${uri}=`)).toSorted((a, b) => b.length - a.length)[0];
    const [only] = uris.length === 1 && !value.includes("=") ? uris : [];
    const uri = named ?? only;
    if (uri === undefined) throw notFetched(value, uris);
    if (files.has(uri)) throw usage("option-repeated", `--payload names ${uri} twice`, "give each payload once");
    const file = named === undefined ? value : value.slice(named.length + 1);
    if (file === "") throw usage("bad-value", `--payload ${value} names no file`, "give URI=FILE");
    files.set(uri, file);
  }
  return files;
}

const notFetched = (value: string, uris: readonly string[]): Error =>
  usage(
    "payload-not-in-manifest",
    `--payload ${value} fits nothing that the manifest fetches`,
    uris.length === 0 ? "leave it out: this manifest fetches nothing" : `give URI=FILE with one of: ${uris.join(", ")}`,
  );
