/** Bytes exactly, and beside them as people read them: `34768 bytes (34.0 KiB)`. */
export function describeSize(bytes: number | bigint): string {
  const exact = `${bytes} ${BigInt(bytes) === 1n ? "byte" : "bytes"}`;
  let value = Number(bytes);
  if (value < 1024) return exact;
  let unit = "";
  for (unit of ["KiB", "MiB", "GiB", "TiB"]) {
    value /= 1024;
    if (value < 1024) break;
  }
  return `${exact} (${value.toFixed(1)} ${unit})`;
}
