import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { headingAnchors, linkTargets, markdownPages, readPage, root } from "./markdown.ts";

type Read = (file: string) => string | undefined;

const readIfThere: Read = (file) => {
  const full = path.join(root, file);
  if (!existsSync(full)) return undefined;
  return file.endsWith(".md") ? readFileSync(full, "utf8") : "";
};

/** Relative links of a page that lead nowhere: no such file, or no such heading in it. */
function brokenLinks(page: string, markdown: string, read: Read): string[] {
  return linkTargets(markdown).filter((target) => {
    if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return false;
    const [file = "", anchor] = target.split("#");
    const found = file === "" ? page : path.posix.join(path.posix.dirname(page), decodeURI(file));
    if (target.startsWith("/") || found.startsWith("..")) return true;
    const text = found === page ? markdown : read(found.replace(/\/$/, ""));
    if (text === undefined) return true;
    return anchor !== undefined && !headingAnchors(text).has(anchor);
  });
}

const pages = markdownPages();

test("the pages a reader expects are there", () => {
  expect(pages).toEqual(
    expect.arrayContaining([
      "CHANGELOG.md",
      "README.md",
      "SECURITY.md",
      "docs/architecture.md",
      "docs/glossary.md",
      "docs/threat-model.md",
    ]),
  );
});

test.each(pages)("%s: every relative link leads somewhere", (page) => {
  expect(brokenLinks(page, readPage(page), readIfThere)).toEqual([]);
});

describe("a broken link is noticed", () => {
  const read: Read = (file) => (file === "docs/b.md" ? "# A heading: `x`!\n# A heading: x\n" : undefined);
  test.each([
    ["a missing file", "[x](c.md)", 1],
    ["a missing picture", '<img src="c.svg" alt="">', 1],
    ["a missing heading", "[x](b.md#another)", 1],
    ["a missing heading of the page itself", "# Here\n[x](#there)", 1],
    ["a definition", "[x]: c.md", 1],
    ["a file outside of the repository", "[x](../../b.md)", 1],
    ["an absolute path", "[x](/docs/b.md)", 1],
    ["what is there", "[x](b.md) [x](b.md#a-heading-x) [x](b.md#a-heading-x-1) [x](../docs/b.md)", 0],
    ["another site", "[x](https://example.org/c.md) <mailto:x@example.org>", 0],
    ["code", "`[x](c.md)`\n```\n[x](c.md)\n```\n", 0],
  ])("%s", (_name, markdown, broken) => {
    expect(brokenLinks("docs/a.md", markdown, read)).toHaveLength(broken);
  });
});

test("every `npm run` a page names is a script", () => {
  const { scripts } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as { scripts: object };
  for (const page of pages) {
    const named = readPage(page).matchAll(/\bnpm (?:run (?:--silent )?([a-z0-9-]+)|(test)\b)/g);
    for (const [, run, script = run ?? ""] of named) expect(Object.keys(scripts), page).toContain(script);
  }
});
