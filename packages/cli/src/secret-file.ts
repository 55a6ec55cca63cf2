import { type Stats, statSync } from "node:fs";
import path from "node:path";
import { type Failure, unavailable } from "./failure.ts";
import type { Io } from "./io.ts";
import { fileFailure } from "./system-failure.ts";

/**
 * Throws if the name given with `--option` leads to no file. The name itself stays out of the message: it may be the
 * secret, typed in place of the file that holds it.
 */
export function requireSecretFile(io: Io, option: string, name: string, notFound = "file-not-found"): void {
  let stats: Stats;
  try {
    stats = statSync(path.resolve(io.workingFolder, name));
  } catch (error) {
    throw secretFileFailure(error, option, notFound);
  }
  if (stats.isFile() || isStream(name)) return;
  const remedy = "give the path of a file, never the secret itself";
  if (stats.isDirectory()) throw unavailable("is-a-folder", `--${option} names a folder, not a file`, remedy);
  throw unavailable("not-a-regular-file", `--${option} names a pipe or a device, not a file`, remedy);
}

/** What a shell hands over by number, such as `<(pass show key)`: somebody writes to it, so nothing waits for ever. */
const isStream = (name: string): boolean => /^\/dev\/(stdin|fd\/\d{1,4})$/.test(name);

/** The same for a key: its name is no secret, and a pipe that nobody writes to would be waited for. */
export function requireKeyFile(io: Io, name: string): void {
  const stats = statSync(path.resolve(io.workingFolder, name), { throwIfNoEntry: false });
  // Whoever opens it says what is wrong with a file that is not there.
  if (stats === undefined || stats.isFile() || isStream(name)) return;
  if (stats.isDirectory()) throw unavailable("is-a-folder", `${name} is a folder, not a file`, "name a file in it");
  throw unavailable("not-a-regular-file", `${name} is a pipe or a device, not a file`, "write it to a file first");
}

const absences: readonly string[] = ["file-not-found", "not-a-folder", "name-too-long"];

/** A failed file operation without the name that was typed. */
export function secretFileFailure(error: unknown, option: string, notFound = "file-not-found"): Failure {
  const { code } = fileFailure(error, "").facts;
  const problem = absences.includes(code) ? "is not there" : "cannot be accessed";
  return unavailable(
    code === "file-not-found" ? notFound : code,
    `the file of --${option} ${problem}`,
    "give the path of a file, never the secret itself",
  );
}
