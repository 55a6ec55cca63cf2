/** Names that say nothing: such a file has no owner and grows without end. */
const emptyWords: readonly string[] = [
  "utils",
  "util",
  "helpers",
  "helper",
  "common",
  "types",
  "constants",
  "manager",
  "shared",
  "misc",
  "service",
];

/** Files and folders named by no concept. `shared-vectors.ts` names one; `vector-utils.ts` does not. */
export function emptyNames(paths: readonly string[]): string[] {
  return paths.filter((file) =>
    file.split("/").some((part) => emptyWords.includes(part.split(".")[0]?.split("-").at(-1) ?? "")),
  );
}

/** `stage-image.ts`, `stage-image.test.ts`; never `stageImage.ts`. */
export function namesNotKebabCase(paths: readonly string[]): string[] {
  const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;
  return paths.filter((file) => !file.split("/").every((part) => kebab.test(part)));
}
