import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { ok } from "@sumac/cbor";
import { afterAll } from "vitest";
import type { ExitCode } from "./exit-code.ts";
import type { Io } from "./io.ts";
import { runCommand } from "./run-command.ts";

/** What a command said and answered. */
export interface Said {
  readonly code: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout as JSON; throws if it is something else. */
  readonly json: () => unknown;
}

export interface SumacOptions {
  readonly folder?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly stdin?: Uint8Array;
  /** What a person types at the passphrase prompts, in order; without it nobody is there to ask. */
  readonly typed?: readonly string[];
  readonly interrupted?: AbortSignal;
  readonly terminal?: { readonly stdout?: true; readonly stderr?: true };
  /** Sees each write as it happens. */
  readonly onOutput?: (text: string) => void;
}

/** An `Io` that keeps what is written. */
export function testIo(options: SumacOptions = {}): {
  readonly io: Io;
  readonly said: () => { stdout: string; stderr: string };
} {
  const written = { stdout: "", stderr: "" };
  const sink = (name: "stdout" | "stderr") => ({
    write(text: string): void {
      written[name] += text;
      options.onOutput?.(text);
    },
    terminal: options.terminal?.[name] === true,
    columns: 80,
  });
  const typed = [...(options.typed ?? [])];
  const io: Io = {
    stdout: sink("stdout"),
    stderr: sink("stderr"),
    environment: options.environment ?? {},
    workingFolder: options.folder ?? tmpdir(),
    interrupted: options.interrupted ?? new AbortController().signal,
    readStandardInput: async (limit) => (options.stdin ?? new Uint8Array()).subarray(0, limit + 1),
    askPassphrase: async () => {
      const next = typed.shift();
      return next === undefined ? { ok: false, error: { code: "no-terminal" } } : ok(new TextEncoder().encode(next));
    },
  };
  return { io, said: () => ({ ...written }) };
}

/** Runs `sumac WORDS` in this process. */
export async function sumac(words: readonly string[], options: SumacOptions = {}): Promise<Said> {
  const { io, said } = testIo(options);
  const code = await runCommand(words, io);
  const { stdout, stderr } = said();
  return { code, stdout, stderr, json: () => JSON.parse(stdout) };
}

const made: string[] = [];

/** An empty folder, removed when the tests of the file are through. */
export function emptyFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "sumac-cli-"));
  made.push(folder);
  return folder;
}

afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** Every file below a folder, hidden and temporary ones too. */
export const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .toSorted();

const fixtures = path.resolve(import.meta.dirname, "..", "..", "..", "firmware-fixtures");

/** Files of the example product; its keys are TEST ONLY. */
export const fixture = (...parts: readonly string[]): string => path.join(fixtures, ...parts);

export const testKey = (holder: string): string => fixture("keys", `${holder}.test-only.private.pem`);
export const testPublicKey = (holder: string): string => fixture("keys", `${holder}.test-only.public.pem`);

export interface BuiltRelease {
  readonly envelope: string;
  readonly payload: string;
  readonly uri: string;
  readonly manifestDigest: string;
  readonly vendorId: string;
  readonly classId: string;
}

/** A release of the example product, signed by the test vendor unless told otherwise. */
export async function buildRelease(
  folder: string,
  {
    sequence = "2",
    version = "1.1.0",
    signers = ["vendor"],
  }: { sequence?: string; version?: string; signers?: readonly string[] } = {},
): Promise<BuiltRelease> {
  const keys = signers.flatMap((holder) => ["--test-only-key", testKey(holder)]);
  const line = ["release", "build", fixture("images", `rtu-demo-${version}.bin`), "--config", fixture("sumac.yaml")];
  const options = ["--version", version, "--sequence", sequence, "--out", folder, "--json"];
  const built = await sumac([...line, ...options, ...keys]);
  if (built.code !== 0) throw new Error(built.stderr);
  const { envelope, payload, ...ids } = built.json() as {
    envelope: string;
    payload: { file: string; uri: string };
    manifestDigest: string;
    vendorId: string;
    classId: string;
  };
  return { envelope, payload: payload.file, uri: payload.uri, ...ids };
}

/** What every failure looks like, whatever the command: one line, one hint, nothing else on stderr. */
export const twoLines = (code: string): RegExp =>
  new RegExp(`^error\\[${code}\\]: [^A-Z\\n][^\\n]*[^.\\n]\\nhint: [^A-Z\\n][^\\n]*[^.\\n]\\n$`);
