import type { AskPassphrase } from "@sumac/signing/node";

/** A stream for text that is written at once, so that nothing is lost when the process ends. */
export interface TextSink {
  write(text: string): void;
  /** Whether a person watches it. */
  readonly terminal: boolean;
  /** Columns of the terminal; 80 when unknown. */
  readonly columns: number;
}

/** The world as one command sees it; tests pass their own. */
export interface Io {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Relative paths on the command line start here. */
  readonly workingFolder: string;
  /** Aborted by the first SIGINT or SIGTERM. Until somebody asks for it, a signal ends the process at once. */
  readonly interrupted: AbortSignal;
  /** From now on SIGHUP calls this instead of counting as an interruption. Absent: there are no signals. */
  readonly onHangUp?: (listener: () => void) => void;
  /** Bytes of standard input up to `limit + 1`, so that the caller can tell "too large" from "fits". */
  readStandardInput(limit: number): Promise<Uint8Array>;
  /** Asks a person without echo. Default: on the terminal. */
  readonly askPassphrase?: AskPassphrase;
}
