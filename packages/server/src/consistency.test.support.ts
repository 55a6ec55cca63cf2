import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { measureBytes } from "./blobs/measure.ts";

export interface Stored {
  readonly blobs: readonly string[];
  readonly releases: number;
  /** Everything that does not fit together; empty in a consistent data directory. */
  readonly faults: readonly string[];
}

/** Looks at a data directory from outside: do files and rows belong together? Call it while a server is running on it. */
export function inspectDataDirectory(dataDirectory: string): Stored {
  const root = join(dataDirectory, "blobs");
  const database = new DatabaseSync(join(dataDirectory, "sumac.sqlite"), { readOnly: true });
  try {
    const rows = database
      .prepare("select sha256, sha1, md5, size from blobs")
      .all()
      .map((row) => ({ ...row }));
    const faults = readdirSync(join(root, "incoming")).map((name) => `half-received ${name}`);
    const files = new Set(
      readdirSync(join(root, "sha256"), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => name),
    );
    for (const row of rows) {
      const name = String(row["sha256"]);
      if (!files.delete(name)) faults.push(`row without blob ${name}`);
      else if (
        JSON.stringify(measureBytes(readFileSync(join(root, "sha256", name.slice(0, 2), name)))) !==
        JSON.stringify({ ...row })
      ) {
        faults.push(`row does not describe its blob ${name}`);
      }
    }
    for (const name of files) faults.push(`blob without row ${name}`);
    const releases = database.prepare("select id from releases").all();
    for (const { id } of releases) {
      const artifacts = database
        .prepare("select kind from release_artifacts where release_id = ? order by kind")
        .all(Number(id));
      const kinds = artifacts.map(({ kind }) => String(kind)).join(" ");
      if (kinds !== "manifest payload") faults.push(`release ${id} has the artifacts ${kinds}`);
      const events = database
        .prepare("select id from events where kind = 'release-published' and release_id = ?")
        .all(Number(id));
      if (events.length !== 1) faults.push(`release ${id} has ${events.length} audit entries`);
    }
    if (String(Object.values(database.prepare("pragma integrity_check").get() ?? {})[0]) !== "ok")
      faults.push("the database is damaged");
    return { blobs: rows.map((row) => String(row["sha256"])), releases: releases.length, faults };
  } finally {
    database.close();
  }
}
