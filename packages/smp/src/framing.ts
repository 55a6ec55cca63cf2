/** How messages become bytes on a line, and bytes become messages again. */
export interface Framing {
  readonly name: "console" | "raw";
  /**
   * Milliseconds without a byte after which both ends forget a message that has begun; after damage the line has to be
   * quiet for as long, else what follows is taken for the rest of it. `none`: every message has a beginning of its own.
   */
  readonly inputTimeout: number | "none";
  /** `message`: header and body. */
  frame(message: Uint8Array): Uint8Array;
  /** For one end of one line. */
  startReading(): FrameReader;
  /** Bytes on the line for a message of this length. */
  lengthOnLine(messageLength: number): number;
}

/**
 * Takes what arrives, in pieces of any length, and hands out whole messages (header and body, not yet parsed). Never
 * throws on what arrives, and keeps at most one message however long the line goes on.
 */
export interface FrameReader {
  read(chunk: Uint8Array): Uint8Array[];
  /** Forgets a message that has begun: after a pause, or when stale bytes were drained. */
  reset(): void;
  readonly dropped: DroppedFrames;
}

/** What was not a message, counted. A line that carries a boot log besides has many of the first. */
export interface DroppedFrames {
  /** Lines, or bytes, without a marker of SMP. */
  readonly noise: number;
  /** Frames that were damaged: checksum, base64, length, or a continuation without a start. */
  readonly damaged: number;
  /** Frames over the limit. */
  readonly tooLong: number;
}
