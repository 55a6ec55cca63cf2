import type { Collector } from "./collected.ts";
import { summarised } from "./junit.ts";
import { malformed, reportText, testMap } from "./report-text.ts";

/** TAP 13 and 14. The plan must fit: a run that broke off is a failure. Subtests count through their parent. */
export const collectTap: Collector = (bytes) => {
  const text = reportText(bytes);
  if (!text.ok) return text;
  const tests = testMap();
  let planned: number | undefined;
  let seen = 0;
  let bailed = false;
  for (const line of text.value.split(/\r?\n/)) {
    const plan = /^1\.\.(\d{1,7})(?:\s|$)/.exec(line);
    if (plan !== null) planned = Number(plan[1]);
    if (line.startsWith("Bail out!")) bailed = true;
    const point = /^(not )?ok\b(?:\s+(\d+))?(?:\s+-)?\s*(.*)$/.exec(line);
    if (point === null) continue;
    seen++;
    const [, not, number, rest = ""] = point;
    const directive = /(?:^|\s)#\s*(skip|todo)\b.*$/i.exec(rest);
    const name = (directive === null ? rest : rest.slice(0, directive.index)).trim() || `test ${number ?? seen}`;
    const outcome = directive !== null ? "skipped" : not === undefined ? "passed" : "failed";
    if (tests[name] !== "failed") tests[name] = outcome;
  }
  if (planned === undefined && seen === 0) return malformed("no plan and no test");
  if (bailed || (planned !== undefined && planned !== seen))
    tests[bailed ? "(bailed out)" : `(planned ${planned}, ran ${seen})`] = "failed";
  return summarised(tests, "tap");
};
