import { ok } from "@sumac/cbor";
import { DescriptionReader } from "@sumac/signing";
import { defaultLifetimes, type LifetimeClass, type Lifetimes, type WrittenSchemes } from "@sumac/tuf/writer";
import { orFail } from "../signing-failure.ts";

/** What `repository.yaml` says. Keys and thresholds are not in it: they are signed. */
export interface RepositorySettings {
  readonly lifetimes: Lifetimes;
  readonly schemes: WrittenSchemes;
  /** Names of key holders by key id, for display alone. */
  readonly people: ReadonlyMap<string, string>;
  /** Paths of withdrawn releases: a name that devices have seen never comes back with other content. */
  readonly withdrawn: ReadonlySet<string>;
}

const classes: readonly LifetimeClass[] = ["root", "targets", "line", "snapshot", "timestamp", "offline"];
const day = 86_400;

export function parseSettings(file: Uint8Array): RepositorySettings {
  return orFail(
    DescriptionReader.read(file, (reader) => {
      const root = reader.map(reader.root, ["lifetimes", "people", "withdrawn", "ml-dsa"]);
      const given = root.optional("lifetimes");
      const days = given === undefined ? undefined : reader.map(given, classes);
      const lifetimes = Object.fromEntries(
        classes.map((name) => {
          const field = days?.optional(name);
          return [name, field === undefined ? defaultLifetimes[name] : reader.integer(field, 1, 3650) * day];
        }),
      ) as Record<LifetimeClass, number>;
      const people = root.optional("people");
      const names = people === undefined ? [] : reader.entries(people);
      const withdrawn = root.optional("withdrawn");
      const paths = withdrawn === undefined ? [] : reader.list(withdrawn, "may-be-empty");
      const mlDsa = root.optional("ml-dsa");
      return ok({
        lifetimes,
        schemes:
          mlDsa !== undefined && reader.name(mlDsa, ["allowed", "not-allowed"]) === "allowed"
            ? ("classical-and-ml-dsa" as const)
            : ("classical" as const),
        people: new Map(names.map(({ key, value }) => [key, reader.text(value, 64)])),
        withdrawn: new Set(paths.map((field) => reader.text(field, 256))),
      });
    }),
  );
}

export function settingsText({ lifetimes, schemes, people, withdrawn }: RepositorySettings): string {
  return [
    "# Settings of a signed repository; sumac writes this file again when keys are added.",
    "# Days from signing to expiry:",
    "lifetimes:",
    ...classes.map((name) => `  ${name}: ${Math.round(lifetimes[name] / day)}`),
    "# Whether ML-DSA-65 keys may be listed: only Sumac's own clients verify them.",
    `ml-dsa: ${schemes === "classical" ? "not-allowed" : "allowed"}`,
    "# Who holds which key, for display:",
    people.size === 0 ? "people: {}" : "people:",
    ...Array.from(people, ([id, name]) => `  "${id}": ${JSON.stringify(name)}`),
    "# Withdrawn releases, whose names are not given again:",
    withdrawn.size === 0 ? "withdrawn: []" : "withdrawn:",
    ...Array.from(withdrawn, (name) => `  - ${JSON.stringify(name)}`),
    "",
  ].join("\n");
}

export const newSettings = (schemes: WrittenSchemes, people: ReadonlyMap<string, string>): RepositorySettings => ({
  lifetimes: defaultLifetimes,
  schemes,
  people,
  withdrawn: new Set(),
});
