/** What of the world failed while metadata was fetched or stored. Public and never reused. */
export type TufUnavailableCode =
  /** No route, no name, no TLS, or the connection was lost. */
  | "unreachable"
  /** Neither a file nor a clear no: the server is in trouble, or is no repository. */
  | "unexpected-status"
  /** Signed names are followed, not a server's wishes. */
  | "redirect-refused"
  | "storage-failed";

/** A fault of the world: thrown, never returned, because it says nothing about the repository. */
export class TufUnavailable extends Error {
  readonly code: TufUnavailableCode;
  /** A name, status or system code; never a body. */
  readonly detail: string;

  constructor(code: TufUnavailableCode, detail: string, cause?: unknown) {
    super(`${code}: ${detail}`, { cause });
    this.name = "TufUnavailable";
    this.code = code;
    this.detail = detail;
  }
}
