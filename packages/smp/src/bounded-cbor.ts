/** Deeper or longer answers come from nobody who means well. */
const deepest = 8;
const mostItems = 4096;

const breakByte = 0xff;

/** `not-allowed`: strings in pieces, which no peer is known to send. */
export type CborFault = "not-cbor" | "not-allowed" | "too-deep" | "too-many-items";

/**
 * Walks over one item of CBOR, of indefinite length or not, without building anything: a reader that allocates what a
 * length announces comes only after this has said that the bytes are there. undefined = one whole item and no more.
 */
export function findCborFault(bytes: Uint8Array): CborFault | undefined {
  let items = 0;
  let at = 0;

  /** Answers a fault, or how the item ended. */
  function walk(depth: number): CborFault | "break" | undefined {
    if (++items > mostItems) return "too-many-items";
    const first = bytes[at++];
    if (first === undefined) return "not-cbor";
    if (first === breakByte) return "break";
    const major = first >> 5;
    const length = readArgument(first & 31);
    if (length === undefined) return "not-cbor";
    if (major === 2 || major === 3) return length === "indefinite" ? "not-allowed" : skip(length);
    if (major === 6) return length === "indefinite" ? "not-cbor" : inner(depth);
    if (major === 4 || major === 5) {
      return depth >= deepest ? "too-deep" : walkItems(length, major === 5 ? 2 : 1, depth);
    }
    return length === "indefinite" ? "not-cbor" : undefined;
  }

  function readArgument(info: number): number | "indefinite" | undefined {
    if (info < 24) return info;
    if (info === 31) return "indefinite";
    if (info > 27) return undefined;
    let value = 0;
    for (let left = 2 ** (info - 24); left > 0; left--) {
      const byte = bytes[at++];
      if (byte === undefined) return undefined;
      value = value * 256 + byte;
    }
    return value;
  }

  function skip(length: number): CborFault | undefined {
    if (length > bytes.length - at) return "not-cbor";
    at += length;
    return undefined;
  }

  function walkItems(length: number | "indefinite", perEntry: 1 | 2, depth: number): CborFault | undefined {
    const count = length === "indefinite" ? Number.POSITIVE_INFINITY : length * perEntry;
    for (let done = 0; done < count; done++) {
      const ended = walk(depth + 1);
      if (ended === "break") return length === "indefinite" && done % perEntry === 0 ? undefined : "not-cbor";
      if (ended !== undefined) return ended;
    }
    return undefined;
  }

  function inner(depth: number): CborFault | undefined {
    if (depth >= deepest) return "too-deep";
    const ended = walk(depth + 1);
    return ended === "break" ? "not-cbor" : ended;
  }

  const ended = walk(0);
  if (ended === "break" || (ended === undefined && at !== bytes.length)) return "not-cbor";
  return ended;
}
