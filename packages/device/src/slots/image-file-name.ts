import type { ComponentId } from "@sumac/suit";

const longest = 200;

/**
 * The file name for the image of a component: its segments joined by "+", small letters, digits, "-" and "_" as they are,
 * everything else as "=" and two hex digits. So two identifiers never share a name, not even where the file system does
 * not tell large letters from small ones, and no identifier leads out of the folder.
 * Throws `RangeError` for an identifier that makes a longer name than file systems take.
 */
export function imageFileName(id: ComponentId): string {
  const name = `${id.map((segment) => Array.from(segment, encodeByte).join("")).join("+")}.image`;
  if (name.length > longest) throw new RangeError(`the name ${name.slice(0, 20)}... of a component is too long`);
  return name;
}

function encodeByte(byte: number): string {
  const letter = String.fromCharCode(byte);
  return /[a-z0-9_-]/.test(letter) ? letter : `=${byte.toString(16).padStart(2, "0")}`;
}
