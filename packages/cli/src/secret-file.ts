import { statSync } from "node:fs";
import path from "node:path";
import { type Failure, unavailable } from "./failure.ts";
import type { Io } from "./io.ts";
import { fileFailure } from "./system-failure.ts";

/**
 * Throws if the name given with `--option` leads to no file. The name itself stays out of the message: it may be the
 * secret, typed in place of the file that holds it.
 */
export function requireSecretFile(io: Io, option: string, name: string, notFound = "file-not-found"): void {
  try {
    statSync(path.resolve(io.workingFolder, name));
  } catch (error) {
    throw secretFileFailure(error, option, notFound);
  }
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
