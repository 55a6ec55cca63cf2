import { concatBytes } from "@sumac/crypto";

const block = 512;

/**
 * A POSIX ustar archive of files, in the order of their names, with nobody's name and no time in it: the same files
 * give the same bytes. Throws on a path that the format cannot hold.
 */
export function tarArchive(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const parts = [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([path, bytes]) => [header(path, bytes.length), bytes, new Uint8Array(-bytes.length & (block - 1))]);
  return concatBytes(...parts, new Uint8Array(2 * block));
}

function header(path: string, size: number): Uint8Array {
  const [prefix, name] = split(path);
  const bytes = new Uint8Array(block);
  const put = (offset: number, text: string): void => bytes.set(new TextEncoder().encode(text), offset);
  put(0, name);
  put(100, "0000644\0");
  put(108, "0000000\0");
  put(116, "0000000\0");
  put(124, `${size.toString(8).padStart(11, "0")}\0`);
  put(136, "00000000000\0");
  // Summed as if it were blank.
  put(148, "        ");
  put(156, "0");
  put(257, "ustar\x0000");
  put(345, prefix);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return bytes;
}

/** 100 bytes of name, and 155 of what stands before one of its slashes. */
function split(path: string): readonly [prefix: string, name: string] {
  if (!/^[\x20-\x7e]+$/.test(path)) throw new RangeError("a path of an archive is printable ASCII");
  if (path.length <= 100) return ["", path];
  const at = path.indexOf("/", path.length - 101);
  if (at < 1 || at > 155) throw new RangeError("a path of an archive is too long");
  return [path.slice(0, at), path.slice(at + 1)];
}
