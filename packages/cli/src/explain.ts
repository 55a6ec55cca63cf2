import type { SignerUnavailable } from "@sumac/signing";
import { KeyStorageUnavailable, PromptInterrupted } from "@sumac/signing/node";
import { exitCode } from "./exit-code.ts";
import { explainFault } from "./explain-fault.ts";
import type { FailureFacts } from "./failure.ts";
import type { Io } from "./io.ts";
import { fileFailure, isSystemError } from "./system-failure.ts";

/** What a person is told of anything thrown: faults of the world by name, everything else as a bug. */
export async function explainThrown(thrown: unknown, io: Io): Promise<FailureFacts> {
  if (thrown instanceof KeyStorageUnavailable) return explainKeyStorage(thrown, io);
  if (thrown instanceof PromptInterrupted) {
    return {
      code: "interrupted",
      problem: "stopped at the passphrase prompt",
      remedy: "run the command again, or name a file with --passphrase-file",
      exit: exitCode.interrupted,
    };
  }
  if (isSignerFault(thrown)) return (await import("./signing-failure.ts")).signingFailure(thrown.fault);
  if (thrown instanceof Error && thrown.name === "Unavailable") return explainUnavailable(thrown, io);
  return explainFault(thrown, io);
}

/** By name: the plug-in for tokens brings a class of its own where the command is bundled. */
const isSignerFault = (thrown: unknown): thrown is SignerUnavailable =>
  thrown instanceof Error && thrown.name === "SignerUnavailable" && "fault" in thrown;

/** Server and device each have their own class of that name; whoever threw it has loaded its package anyway. */
async function explainUnavailable(thrown: Error, io: Io): Promise<FailureFacts> {
  const server = await import("@sumac/server");
  if (thrown instanceof server.Unavailable) {
    return { code: thrown.code, ...server.explain(thrown), exit: exitCode.unavailable };
  }
  const device = await import("@sumac/device");
  if (thrown instanceof device.Unavailable) {
    const { problem, remedy } = device.explainFault(thrown.code);
    const detailed = thrown.detail === undefined ? problem : `${problem} (${thrown.detail})`;
    const exit = thrown.code.startsWith("storage-") ? exitCode.device : exitCode.unavailable;
    return { code: thrown.code, problem: detailed, remedy, exit };
  }
  return explainFault(thrown, io);
}

function explainKeyStorage({ code, path, cause }: KeyStorageUnavailable, io: Io): FailureFacts {
  const shown = path.startsWith(`${io.workingFolder}/`) ? path.slice(io.workingFolder.length + 1) : path;
  if (code !== "no-hard-links" && isSystemError(cause)) return fileFailure(cause, shown).facts;
  return {
    code,
    problem: `${shown}: the file system has no hard links, so a key cannot be made without risking to overwrite one`,
    remedy: "choose a folder on another file system with --dir",
    exit: exitCode.unavailable,
  };
}
