import { accessSync, constants, statSync } from "node:fs";
import path from "node:path";
import { createToken, knowsToken, type NewToken, revokeToken } from "@sumac/server";
import { writeFileAtomically } from "./atomic-file.ts";
import type { CommandContext } from "./command.ts";
import { unavailable, usage } from "./failure.ts";
import { fileState } from "./file-state.ts";
import type { Io } from "./io.ts";
import { locate } from "./location.ts";
import { secretFileFailure } from "./secret-file.ts";
import { readToken } from "./token-file.ts";

/** A token that a server offers in a file. */
export interface TokenFile {
  /** The option that names the file. */
  readonly option: string;
  readonly file: string;
  readonly wanted: NewToken;
}

/**
 * Whether the token is still to be made. A file that is there has to hold a token that the database knows, with the
 * role wanted; one that is not there needs a folder to be made in. Changes nothing.
 */
export async function checkTokenFile(
  { option, file, wanted }: TokenFile,
  data: string,
  context: CommandContext,
): Promise<"missing" | "there"> {
  const { io } = context;
  if (stateOf(io, option, file) === "absent") {
    requireFolder(io, option, file);
    return "missing";
  }
  const token = await readToken(option, file, context);
  // Asking would make the folder; in one that is not there no token is known.
  const isKnown =
    fileState(io, data) !== "absent" && (await knowsToken(locate(io, data), { token, role: wanted.role }));
  if (isKnown) return "there";
  throw usage(
    "token-unknown",
    `${file} holds a token that this server does not accept for ${wanted.role === "publish" ? "publishing" : "devices"}`,
    "it is another server's, or was revoked; move it away to have one made, or name another file",
  );
}

export async function makeTokenFile({ file, wanted }: TokenFile, data: string, { io }: CommandContext): Promise<void> {
  const dataDirectory = locate(io, data);
  const { id, token } = await createToken(dataDirectory, wanted);
  try {
    const bytes = new TextEncoder().encode(`${token}\n`);
    writeFileAtomically(io, { name: file, bytes, ifExists: "refuse", mode: 0o600 });
  } catch (error) {
    // Nobody would ever know it.
    await revokeToken(dataDirectory, id);
    throw error;
  }
}

function stateOf(io: Io, option: string, file: string): ReturnType<typeof fileState> {
  try {
    return fileState(io, file);
  } catch {
    throw unavailable(
      "file-not-found",
      `the name given with --${option} cannot be a file`,
      "give the path of a file, never the secret itself",
    );
  }
}

function requireFolder(io: Io, option: string, file: string): void {
  const folder = path.dirname(path.resolve(io.workingFolder, file));
  try {
    if (statSync(folder).isDirectory()) {
      accessSync(folder, constants.W_OK);
      return;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw secretFileFailure(error, option);
  }
  throw unavailable(
    "folder-not-found",
    `the folder for the file of --${option} is not there`,
    "make the folder first, or name a file in another one",
  );
}
