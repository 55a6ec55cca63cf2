import { ok } from "@sumac/cbor";
import type { Collector } from "./collected.ts";
import { empty, malformed, reportText } from "./report-text.ts";

/** How to make the report: one commit a line, tab, author, tab, reviewers. */
export const gitReviewCommand =
  "git log --no-merges --format='%H%x09%ae%x09%(trailers:key=Reviewed-by,valueonly,separator=%x2C)' FROM..TO";

/** Reviews recorded in commits. A commit is reviewed when somebody other than its author says so in a trailer. */
export const collectGitReview: Collector = (bytes) => {
  const text = reportText(bytes);
  if (!text.ok) return text;
  const lines = text.value.split(/\r?\n/).filter((line) => line !== "");
  if (lines.length === 0) return empty("no commit");
  const open: { id: string; severity: "medium"; text: string }[] = [];
  for (const line of lines) {
    const [commit = "", author = "", reviewers] = line.split("\t");
    if (!/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(commit) || author === "" || reviewers === undefined)
      return malformed("a line is not commit, author, reviewers");
    const others = reviewers
      .split(",")
      .map((entry) => /<([^>]+)>/.exec(entry)?.[1] ?? entry.trim())
      .filter((name) => name !== "" && name.toLowerCase() !== author.toLowerCase());
    if (others.length === 0)
      open.push({ id: commit.slice(0, 12), severity: "medium", text: "nobody but its author reviewed it" });
  }
  return ok({
    kind: "review",
    tool: { name: "git", version: "unknown" },
    result: {
      outcome: open.length === 0 ? "passed" : "failed",
      summary: `${lines.length - open.length} of ${lines.length} commits reviewed`,
      findings: open.slice(0, 1000),
      figures: { commits: lines.length, reviewed: lines.length - open.length },
    },
  });
};
