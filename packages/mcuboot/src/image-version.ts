/** Major and minor up to 255, revision up to 65,535, build up to 4,294,967,295. */
export interface ImageVersion {
  readonly major: number;
  readonly minor: number;
  readonly revision: number;
  readonly build: number;
}

const form = /^(\d+)\.(\d+)\.(\d+)(?:[+.](\d+))?$/;

/**
 * Reads `major.minor.revision`, with `+build` as the signing tool writes it or `.build` as a boot loader lists it.
 * undefined = another form, or a number too large for its field.
 */
export function parseImageVersion(text: string): ImageVersion | undefined {
  const numbers = form
    .exec(text)
    ?.slice(1)
    .map((part: string | undefined) => Number(part ?? 0));
  if (numbers === undefined) return undefined;
  const [major = 0, minor = 0, revision = 0, build = 0] = numbers;
  if (major > 0xff || minor > 0xff || revision > 0xffff || build > 0xffffffff) return undefined;
  return { major, minor, revision, build };
}

export const formatImageVersion = ({ major, minor, revision, build }: ImageVersion): string =>
  `${major}.${minor}.${revision}+${build}`;

/** Negative, zero or positive. The build number says who built it, not which is newer, and is left out (MCUboot's default). */
export const compareImageVersions = (a: ImageVersion, b: ImageVersion): number =>
  a.major - b.major || a.minor - b.minor || a.revision - b.revision;

/**
 * The security counter that the signing tool makes of a version if it is told `auto`. Such counters are in the millions:
 * one small counter written by hand after one of them locks every device out.
 */
export const automaticCounter = ({ major, minor, revision }: ImageVersion): number =>
  major * 0x1000000 + minor * 0x10000 + revision;
