import { execFile } from "node:child_process";
import { realpath } from "node:fs/promises";
import { promisify } from "node:util";
import type { SourceState } from "./gate-context.ts";
import { sdlFolder } from "./product-model.ts";

const run = promisify(execFile);

/**
 * What git says of a product's folder, compared with one commit: `dirty` when anything outside `.sdl/` differs from it,
 * since the records of a release are written after its tag. Undefined when the folder is not the top of a work tree.
 */
export async function readSourceState(folder: string, commit: string): Promise<SourceState | undefined> {
  const git = async (...words: readonly string[]): Promise<string | undefined> => {
    try {
      // Nothing of the folder's own configuration may start a program.
      const safe = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"];
      const { stdout } = await run("git", [...safe, "-C", folder, ...words], {
        maxBuffer: 64 * 1024 * 1024,
        timeout: 30_000,
      });
      return stdout.trim();
    } catch {
      return undefined;
    }
  };
  const top = await git("rev-parse", "--show-toplevel");
  if (top === undefined || (await realpath(top)) !== (await realpath(folder))) return undefined;
  const known = /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(commit)
    ? await git("rev-parse", "--verify", "--quiet", `${commit}^{commit}`)
    : undefined;
  const at = known ?? (await git("rev-parse", "--verify", "HEAD"));
  if (at === undefined) return undefined;
  const outside = ["--", ".", `:(exclude)${sdlFolder}`];
  const [tree, tags, differences, untracked, index] = await Promise.all([
    git("rev-parse", `${at}^{tree}`),
    git("tag", "--points-at", at),
    // Said here, since the folder's own configuration could say otherwise and hide a change.
    git("diff", "--no-ext-diff", "--ignore-submodules=none", "--name-only", at, ...outside),
    git("status", "--porcelain", "--untracked-files=normal", "--ignore-submodules=none", ...outside),
    git("ls-files", "-v", ...outside),
  ]);
  if (tree === undefined || tags === undefined) return undefined;
  // A lower-case letter or S: git was told not to look at this file.
  const overlooked = index === undefined || /^([a-z]|S) /m.test(index);
  const clean = differences === "" && untracked === "" && !overlooked;
  return { state: clean ? "clean" : "dirty", commit: at, tree, tags: tags.split("\n").filter((tag) => tag !== "") };
}
