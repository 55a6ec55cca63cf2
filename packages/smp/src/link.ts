/**
 * A line to one device: a serial port, a TCP connection, or memory. Bytes may be lost, doubled and damaged on it; it only
 * never makes up an end. Every implementation passes `link.contract.ts`.
 */
export interface Link {
  /** What arrives, in pieces of any length, until the link is closed at either end. Read once. */
  read(): AsyncIterable<Uint8Array>;
  /** Returns when the bytes are handed over: a slow line holds its writer back. Throws `LinkFault` when it is gone. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends `read` at this end. Safe to repeat. */
  close(): Promise<void>;
}

/** A fault of the line itself. `port-*` come from opening it. */
export class LinkFault extends Error {
  readonly code: LinkFaultCode;
  /** What the system said, and what it said it about. `group` or `owner`: who may open the port. */
  readonly facts: {
    readonly path?: string;
    readonly group?: string;
    readonly owner?: string;
    readonly detail?: string;
  };

  constructor(code: LinkFaultCode, facts: LinkFault["facts"] = {}, options?: ErrorOptions) {
    super(code, options);
    this.name = "LinkFault";
    this.code = code;
    this.facts = facts;
  }
}

export type LinkFaultCode =
  | "link-closed"
  /** Nothing can be written: nobody takes it at the other end. */
  | "link-stalled"
  | "port-absent"
  | "port-busy"
  | "port-denied"
  | "port-failed";
