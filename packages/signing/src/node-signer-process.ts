import { spawn } from "node:child_process";
import { once } from "node:events";
import { signerProtocol } from "./signer-protocol.ts";

export interface SignerProcess {
  /** Program and arguments, as they are handed over: no shell reads them. */
  readonly words: readonly [program: string, ...rest: string[]];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingFolder: string;
  readonly timeoutMs: number;
  /** Each line of standard error as it comes, so that a person reads "touch the key now" while it matters. */
  readonly onNotice: (line: string) => void;
  /** Aborted: the command is ended, and the call rejects. */
  readonly signal?: AbortSignal;
}

export type ProcessOutcome =
  | { readonly kind: "ended"; readonly exit: number | string; readonly output: string; readonly notices: string }
  | { readonly kind: "not-found" }
  | { readonly kind: "too-slow" }
  | { readonly kind: "too-large" };

/** Runs the command once: one line in, whatever it answers out, bounded in bytes and time. It is killed past a bound. */
export async function runSignerProcess(
  { words, environment, workingFolder, timeoutMs, onNotice, signal: aborted }: SignerProcess,
  line: string,
): Promise<ProcessOutcome> {
  const [program, ...rest] = words;
  const child = spawn(program, rest, {
    cwd: workingFolder,
    env: { ...environment },
    stdio: ["pipe", "pipe", "pipe"],
    shell: false,
    windowsHide: true,
    ...(aborted === undefined ? {} : { signal: aborted }),
  });
  const bound: { crossed?: "too-slow" | "too-large" } = {};
  const kill = (why: "too-slow" | "too-large"): void => {
    bound.crossed ??= why;
    child.kill("SIGKILL");
    // A grandchild may hold the pipes open for ever.
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const timer = setTimeout(() => kill("too-slow"), timeoutMs);
  const output: Uint8Array[] = [];
  let size = 0;
  child.stdout.on("data", (chunk: Uint8Array) => {
    size += chunk.length;
    if (size > signerProtocol.maxReplyBytes) kill("too-large");
    else output.push(chunk);
  });
  const notices = new Notices(onNotice);
  child.stderr.on("data", (chunk: Uint8Array) => notices.take(chunk));
  // A command that does not read its input (it may need nothing of it) closes the pipe first.
  child.stdin.on("error", () => undefined);
  child.stdin.end(line);
  try {
    const [code, signal] = (await once(child, "close")) as [number | null, string | null];
    if (bound.crossed !== undefined) return { kind: bound.crossed };
    notices.end();
    const text = new TextDecoder().decode(Buffer.concat(output));
    return { kind: "ended", exit: code ?? signal ?? "unknown", output: text, notices: notices.text };
  } catch (fault) {
    const code = fault instanceof Error && "code" in fault ? fault.code : undefined;
    if (code === "ENOENT" || code === "EACCES" || code === "ENOTDIR") return { kind: "not-found" };
    throw fault;
  } finally {
    clearTimeout(timer);
  }
}

/** Standard error, up to its limit. */
class Notices {
  readonly #tell: (line: string) => void;
  readonly #decoder = new TextDecoder();
  #room: number = signerProtocol.maxNoticeBytes;
  #line = "";
  text = "";

  constructor(tell: (line: string) => void) {
    this.#tell = tell;
  }

  take(chunk: Uint8Array): void {
    const kept = chunk.subarray(0, this.#room);
    this.#room -= kept.length;
    const lines = (this.#line + this.#decoder.decode(kept, { stream: true })).split("\n");
    this.#line = lines.pop() ?? "";
    for (const line of lines) this.#say(line);
  }

  end(): void {
    this.#say(this.#line);
  }

  #say(line: string): void {
    if (line.trim() === "") return;
    this.text += `${this.text === "" ? "" : "\n"}${line}`;
    this.#tell(line);
  }
}
