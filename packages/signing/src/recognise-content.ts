/** What a file plainly is, judged by its first bytes: things that people hand over by mistake. */
export type ContentKind =
  | "empty"
  | "blank"
  | "text"
  | "html"
  | "xml"
  | "json"
  | "yaml"
  | "script"
  | "git-lfs-pointer"
  | "s-record"
  | "intel-hex"
  | "uf2"
  | "elf"
  | "mach-o"
  | "windows-program"
  | "zip"
  | "gzip"
  | "bzip2"
  | "xz"
  | "zstd"
  | "7-zip"
  | "tar"
  | "pdf"
  | "png"
  | "jpeg"
  | "suit-envelope"
  | "suit-manifest"
  | "age-file"
  | "certificate"
  | "public-key"
  | "private-key"
  | "encrypted-private-key"
  | "pem"
  | "unknown";

interface Signature {
  readonly kind: ContentKind;
  readonly at: number;
  readonly bytes: readonly number[];
}

const ascii = (text: string): number[] => Array.from(text, (letter) => letter.charCodeAt(0));

const signatures: readonly Signature[] = [
  { kind: "elf", at: 0, bytes: [0x7f, ...ascii("ELF")] },
  { kind: "uf2", at: 0, bytes: [...ascii("UF2\n"), 0x57, 0x51, 0x5d, 0x9e] },
  { kind: "zip", at: 0, bytes: [...ascii("PK"), 3, 4] },
  { kind: "zip", at: 0, bytes: [...ascii("PK"), 5, 6] },
  { kind: "gzip", at: 0, bytes: [0x1f, 0x8b, 8] },
  { kind: "bzip2", at: 0, bytes: [...ascii("BZh"), 0x39, 0x31, 0x41, 0x59] },
  { kind: "xz", at: 0, bytes: [0xfd, ...ascii("7zXZ"), 0] },
  { kind: "zstd", at: 0, bytes: [0x28, 0xb5, 0x2f, 0xfd] },
  { kind: "7-zip", at: 0, bytes: [...ascii("7z"), 0xbc, 0xaf, 0x27, 0x1c] },
  { kind: "tar", at: 257, bytes: ascii("ustar") },
  { kind: "pdf", at: 0, bytes: ascii("%PDF-") },
  { kind: "png", at: 0, bytes: [0x89, ...ascii("PNG\r\n"), 0x1a, 0x0a] },
  { kind: "jpeg", at: 0, bytes: [0xff, 0xd8, 0xff] },
  { kind: "mach-o", at: 0, bytes: [0xfe, 0xed, 0xfa, 0xce] },
  { kind: "mach-o", at: 0, bytes: [0xfe, 0xed, 0xfa, 0xcf] },
  { kind: "mach-o", at: 0, bytes: [0xce, 0xfa, 0xed, 0xfe] },
  { kind: "mach-o", at: 0, bytes: [0xcf, 0xfa, 0xed, 0xfe] },
  { kind: "mach-o", at: 0, bytes: [0xca, 0xfe, 0xba, 0xbe] },
  { kind: "suit-envelope", at: 0, bytes: [0xd8, 0x6b] },
  { kind: "suit-manifest", at: 0, bytes: [0xd9, 0x04, 0x2e] },
  { kind: "age-file", at: 0, bytes: ascii("age-encryption.org/v1\n") },
];

const pemKinds: ReadonlyMap<string, ContentKind> = new Map([
  ["PUBLIC KEY", "public-key"],
  ["PRIVATE KEY", "private-key"],
  ["EC PRIVATE KEY", "private-key"],
  ["RSA PRIVATE KEY", "private-key"],
  ["OPENSSH PRIVATE KEY", "private-key"],
  ["ENCRYPTED PRIVATE KEY", "encrypted-private-key"],
  ["CERTIFICATE", "certificate"],
  ["AGE ENCRYPTED FILE", "age-file"],
]);

/** What `bytes` plainly is; undefined = nothing that is known, so possibly a raw memory image. */
export function recogniseContent(bytes: Uint8Array): ContentKind | undefined {
  if (bytes.length === 0) return "empty";
  const known = signatures.find((signature) => hasBytes(bytes, signature.at, signature.bytes));
  if (known !== undefined) return known.kind;
  if (isWindowsProgram(bytes)) return "windows-program";
  if (isBlank(bytes)) return "blank";
  if (/^:[0-9A-Fa-f]{8}/.test(firstCharacters(bytes, 16).trimStart())) return "intel-hex";
  return isText(bytes) ? recogniseText(firstCharacters(bytes, 4096)) : undefined;
}

function hasBytes(bytes: Uint8Array, at: number, wanted: readonly number[]): boolean {
  return wanted.every((byte, i) => bytes[at + i] === byte);
}

/** An arm64 Linux kernel image starts like a Windows program on purpose (EFI stub); it is a memory image all the same. */
function isWindowsProgram(bytes: Uint8Array): boolean {
  if (!hasBytes(bytes, 0, ascii("MZ")) || bytes.length < 64) return false;
  if (hasBytes(bytes, 56, ascii("ARMd"))) return false;
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(60, true);
  return hasBytes(bytes, header, [...ascii("PE"), 0, 0]);
}

/** Erased flash, read back: nothing to release. */
function isBlank(bytes: Uint8Array): boolean {
  const first = bytes[0];
  return (first === 0x00 || first === 0xff) && bytes.every((byte) => byte === first);
}

/** Valid UTF-8 without control characters: no processor's program looks like that from end to end. */
function isText(bytes: Uint8Array): boolean {
  if (bytes.some((byte) => byte < 0x20 && (byte < 0x09 || byte > 0x0d))) return false;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function firstCharacters(bytes: Uint8Array, count: number): string {
  return new TextDecoder().decode(bytes.subarray(0, count));
}

function recogniseText(beginning: string): ContentKind {
  const text = beginning.trimStart();
  const pem = /^-----BEGIN ([A-Z0-9 ]+)-----/m.exec(text)?.[1];
  if (pem !== undefined) return pemKinds.get(pem) ?? "pem";
  if (/^S[0-9][0-9A-Fa-f]{6}/.test(text)) return "s-record";
  if (text.startsWith("version https://git-lfs")) return "git-lfs-pointer";
  if (text.startsWith("#!")) return "script";
  if (/^<(!doctype html|html|head|body)\b/i.test(text)) return "html";
  if (/^<(\?xml|[a-z!])/i.test(text)) return "xml";
  if (/^(\{\s*("|\}|$)|\[\s*(["{[\]\d]|$))/.test(text)) return "json";
  if (/^(---|%YAML|([#].*\n)*[A-Za-z_][\w-]*:(\s|$))/.test(text)) return "yaml";
  return "text";
}

/** How to call it in a sentence. */
export function contentName(kind: ContentKind): string {
  return contentNames[kind];
}

const contentNames: Readonly<Record<ContentKind, string>> = {
  empty: "an empty file",
  blank: "blank memory (every byte is the same)",
  text: "a text file",
  html: "an HTML page",
  xml: "an XML file",
  json: "a JSON file",
  yaml: "a YAML file",
  script: "a script",
  "git-lfs-pointer": "a Git LFS pointer",
  "s-record": "a Motorola S-record file",
  "intel-hex": "an Intel HEX file",
  uf2: "a UF2 file",
  elf: "an ELF file",
  "mach-o": "a macOS program or Java class",
  "windows-program": "a Windows or EFI program",
  zip: "a ZIP archive",
  gzip: "a gzip archive",
  bzip2: "a bzip2 archive",
  xz: "an xz archive",
  zstd: "a zstd archive",
  "7-zip": "a 7-Zip archive",
  tar: "a tar archive",
  pdf: "a PDF document",
  png: "a PNG picture",
  jpeg: "a JPEG picture",
  "suit-envelope": "a SUIT envelope",
  "suit-manifest": "a bare SUIT manifest",
  "age-file": "a file encrypted with age",
  certificate: "a certificate (PEM)",
  "public-key": "a public key (PEM)",
  "private-key": "a private key (PEM)",
  "encrypted-private-key": "an encrypted private key (PEM)",
  pem: "a PEM file",
  unknown: "data of no known format",
};
