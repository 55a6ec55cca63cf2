import { spawnSync } from "node:child_process";

/** What went wrong with the toolchain, in the words a person needs. */
export class ToolchainError extends Error {
  readonly code: "toolchain-missing" | "toolchain-differs" | "toolchain-failed";
  readonly hint: string;

  constructor(code: ToolchainError["code"], message: string, hint: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

const packages = "gcc-arm-none-eabi binutils-arm-none-eabi";

/** Runs one tool in `folder` and returns what it printed. */
export function runTool(tool: string, args: readonly string[], folder: string): string {
  const { PATH } = process.env;
  // One language for all messages and no user's compiler settings: both could reach the output.
  const run = spawnSync(tool, args, { cwd: folder, encoding: "utf8", env: { PATH, LC_ALL: "C" } });
  if (run.error) {
    const hint = `the committed images are enough for demo and tests; to build them again: apt-get install ${packages}`;
    throw new ToolchainError("toolchain-missing", `${tool} cannot be run`, hint);
  }
  if (run.status !== 0) {
    throw new ToolchainError("toolchain-failed", `${tool} ended with ${run.status}`, run.stderr.trim());
  }
  return run.stdout;
}

/** The first lines of `--version` of compiler and linker: other versions may give other bytes. */
function installedToolchain(folder: string): string[] {
  return ["arm-none-eabi-gcc", "arm-none-eabi-ld"].map(
    (tool) => runTool(tool, ["--version"], folder).split("\n")[0] ?? "",
  );
}

/** The versions the README records, from its lines ``- `arm-none-eabi-... ` ``. */
function recordedToolchain(readme: string): string[] {
  return Array.from(readme.matchAll(/^- built with `([^`]+)`$/gm), ([, version]) => version ?? "");
}

/** Refuses a toolchain that would change the committed bytes without anybody meaning it. */
export function requireRecordedToolchain(readme: string, folder: string): void {
  const installed = installedToolchain(folder);
  const recorded = recordedToolchain(readme);
  if (installed.join() === recorded.join()) return;
  throw new ToolchainError(
    "toolchain-differs",
    `this toolchain is ${installed.join(" and ")}, the images were built with ${recorded.join(" and ")}`,
    "install the recorded version, or write yours into firmware-fixtures/README.md to rebuild all images with it on purpose",
  );
}
