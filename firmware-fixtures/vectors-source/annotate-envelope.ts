import { type CborBytes, type CborItem, type CborMap, decode } from "@sumac/cbor";
import { algorithmById } from "@sumac/cose";
import { bytesToHex } from "@sumac/crypto";
import {
  commonLabel,
  conditionLabel,
  digestAlgorithmLabel,
  directiveLabel,
  envelopeLabel,
  formatUuid,
  manifestLabel,
  nameOf,
  parameterLabel,
} from "@sumac/suit";

/** Some bytes of a file and what they say. */
export interface AnnotatedLine {
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly depth: number;
  readonly words: string;
}

/**
 * A signed envelope of the plain form, byte by byte: every byte stands in exactly one line, in order. For the example of
 * docs/spec/manifest-profile.md; it knows what occurs there and throws on anything else.
 */
export function annotateEnvelope(file: Uint8Array): readonly AnnotatedLine[] {
  const annotator = new Annotator(file);
  annotator.envelope();
  return annotator.lines;
}

const bytesPerLine = 16;

/** As text: offset, hex, words; what does not fit on a line goes on under it. */
export function annotatedText(lines: readonly AnnotatedLine[]): string {
  return lines
    .flatMap(({ offset, bytes, depth, words }) => {
      const hex = bytesToHex(bytes).match(new RegExp(`.{1,${2 * bytesPerLine}}`, "g")) ?? [""];
      return hex.map((part, i) => {
        const start = String(offset + i * bytesPerLine).padStart(4);
        return `${start}  ${part.padEnd(2 * bytesPerLine)}  ${i === 0 ? "  ".repeat(depth) + words : ""}`.trimEnd();
      });
    })
    .join("\n");
}

class Annotator {
  readonly lines: AnnotatedLine[] = [];
  readonly #file: Uint8Array;
  #at = 0;
  #depth = 0;

  constructor(file: Uint8Array) {
    this.#file = file;
  }

  envelope(): void {
    const outer = this.#decode(this.#file, 0, [107]);
    if (outer.kind !== "tagged" || outer.item.kind !== "map") throw new TypeError("not an envelope");
    this.#upTo(outer.item.offset, "tag 107: a SUIT envelope");
    this.#map(
      outer.item,
      (name, value) => {
        const bytes = asBytes(value);
        if (name === "authentication-wrapper") this.#content(bytes, [], (wrapper) => this.#wrapper(wrapper));
        else this.#content(bytes, [], (manifest) => this.#manifest(manifest));
      },
      envelopeLabel,
    );
  }

  #wrapper(item: CborItem): void {
    const [digest, ...blocks] = asArray(item);
    this.#upTo(digest?.offset ?? item.end, "array: a digest, then the authentication blocks");
    this.#enclosed(asBytes(digest), [], "the digest of the manifest; its content is what is signed", (inner) =>
      this.#digest(inner),
    );
    for (const block of blocks) {
      this.#enclosed(asBytes(block), [18], "an authentication block", (inner) => this.#sign1(inner));
    }
  }

  #digest(item: CborItem): void {
    const [algorithm, value] = asArray(item);
    const name = nameOf(digestAlgorithmLabel, Number(algorithm?.kind === "integer" ? algorithm.value : 0));
    this.#upTo(algorithm?.end ?? item.end, `array of 2: algorithm ${name}`);
    this.#upTo(value?.end ?? item.end, "digest");
  }

  #sign1(item: CborItem): void {
    if (item.kind !== "tagged") throw new TypeError("not a block");
    const [header, unprotected, payload, signature] = asArray(item.item);
    this.#upTo(header?.offset ?? item.end, "tag 18: COSE_Sign1, an array of 4");
    this.#enclosed(asBytes(header), [], "protected header", (inner) => {
      const entries = asMap(inner).entries;
      this.#upTo(entries[0]?.key.offset ?? inner.end, "map of 2");
      for (const { key, value } of entries) {
        const label = key.kind === "integer" ? Number(key.value) : 0;
        const id = value.kind === "integer" ? value.value : 0;
        this.#upTo(value.end, label === 1 ? `1 alg: ${id}, ${algorithmById(id)?.name}` : `${label} kid: the key id`);
      }
    });
    this.#upTo(unprotected?.end ?? item.end, "unprotected header: empty");
    this.#upTo(payload?.end ?? item.end, "payload: nil, it stands beside the block");
    this.#upTo(signature?.end ?? item.end, "signature: Ed25519, 64 bytes");
  }

  #manifest(item: CborItem): void {
    this.#map(
      asMap(item),
      (name, value) => {
        if (value.kind !== "bytes") this.#upTo(value.end, valueText(value));
        else if (name === "common") this.#content(value, [], (common) => this.#common(common));
        else this.#content(value, [112], (sequence) => this.#sequence(sequence));
      },
      manifestLabel,
    );
  }

  #common(item: CborItem): void {
    this.#map(
      asMap(item),
      (name, value) => {
        if (name === "components") this.#upTo(value.end, "one component, with one segment: firmware");
        else this.#content(asBytes(value), [112], (sequence) => this.#sequence(sequence));
      },
      commonLabel,
    );
  }

  #sequence(item: CborItem): void {
    const items = asArray(item);
    this.#upTo(
      items[0]?.offset ?? item.end,
      `array of ${items.length}: ${items.length === 2 ? "one command" : `${items.length / 2} commands`}`,
    );
    for (let i = 0; i + 1 < items.length; i += 2) {
      const [code, argument] = [items[i] as CborItem, items[i + 1] as CborItem];
      const label = code.kind === "integer" ? Number(code.value) : 0;
      const name = nameOf(conditionLabel, label) ?? nameOf(directiveLabel, label);
      if (argument.kind === "map") {
        this.#upTo(
          argument.entries[0]?.key.offset ?? argument.end,
          `${label} ${name}: map of ${argument.entries.length}`,
        );
        this.#nested(() => this.#parameters(argument));
      } else this.#upTo(argument.end, `${label} ${name}, reporting policy ${valueText(argument)}`);
    }
  }

  #parameters(map: CborMap): void {
    for (const { key, value } of map.entries) {
      const label = key.kind === "integer" ? Number(key.value) : 0;
      const name = nameOf(parameterLabel, label);
      if (name === "image-digest") {
        this.#upTo(asBytes(value).contentOffset, `${label} ${name}: byte string around`);
        this.#content(asBytes(value), [], (digest) => this.#digest(digest));
      } else this.#upTo(value.end, `${label} ${name}: ${valueText(value)}`);
    }
  }

  /** Key by key; `read` goes on behind the key, with the head of the value in the same line where it is a byte string. */
  #map(map: CborMap, read: (name: string, value: CborItem) => void, registry: Readonly<Record<string, number>>): void {
    this.#upTo(map.entries[0]?.key.offset ?? map.end, `map of ${map.entries.length}`);
    this.#nested(() => {
      for (const { key, value } of map.entries) {
        const label = key.kind === "integer" ? Number(key.value) : 0;
        const name = nameOf(registry, label) ?? "";
        if (value.kind === "bytes") {
          this.#upTo(value.contentOffset, `${label} ${name}: byte string of ${value.value.length}`);
          read(name, value);
        } else if (value.kind === "array") {
          this.#upTo(value.offset, `${label} ${name}`);
          this.#nested(() => read(name, value));
        } else this.#upTo(value.end, `${label} ${name}: ${valueText(value)}`);
      }
    });
  }

  #enclosed(bytes: CborBytes, tags: readonly number[], words: string, read: (item: CborItem) => void): void {
    this.#upTo(bytes.contentOffset, `byte string of ${bytes.value.length}: ${words}`);
    this.#content(bytes, tags, read);
  }

  #content(bytes: CborBytes, tags: readonly number[], read: (item: CborItem) => void): void {
    this.#nested(() => read(this.#decode(bytes.value, bytes.contentOffset, tags)));
  }

  #decode(content: Uint8Array, baseOffset: number, tags: readonly number[]): CborItem {
    const item = decode(content, { field: "example", baseOffset, tags });
    if (!item.ok) throw new TypeError(item.error.reason);
    return item.value;
  }

  #nested(read: () => void): void {
    this.#depth += 1;
    read();
    this.#depth -= 1;
  }

  #upTo(end: number, words: string): void {
    this.lines.push({ offset: this.#at, bytes: this.#file.subarray(this.#at, end), depth: this.#depth, words });
    this.#at = end;
  }
}

function valueText(item: CborItem): string {
  switch (item.kind) {
    case "integer":
      return String(item.value);
    case "text":
      return item.value;
    case "bytes":
      return item.value.length === 16 ? formatUuid(item.value) : bytesToHex(item.value);
    default:
      throw new TypeError(`no words for ${item.kind}`);
  }
}

function asBytes(item: CborItem | undefined): CborBytes {
  if (item?.kind !== "bytes") throw new TypeError("a byte string is expected");
  return item;
}

function asArray(item: CborItem): readonly CborItem[] {
  if (item.kind !== "array") throw new TypeError("an array is expected");
  return item.items;
}

function asMap(item: CborItem): CborMap {
  if (item.kind !== "map") throw new TypeError("a map is expected");
  return item;
}
