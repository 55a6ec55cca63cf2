// The part of `npm run fuzz` that may hang or run out of memory; `main.ts` starts and watches it.
import { campaign } from "./campaign.ts";
import type { FoundInput } from "./finding-file.ts";
import { allSubjects } from "./subjects.ts";
import { inputWriter } from "./watched-input.ts";

const [seed = "0", milliseconds = "0", file = ""] = process.argv.slice(2);
const write = inputWriter(file);
const end = performance.now() + Number(milliseconds);
for (const findings of campaign(allSubjects(), Number(seed), write)) {
  for (const { subject, damage, fault } of findings) {
    const { layer, name, context } = subject;
    const { what, bytes } = damage;
    const found: FoundInput = { layer, name, ...(context === undefined ? {} : { context }), what, fault, bytes };
    process.send?.(found);
  }
  if (performance.now() >= end) break;
}
process.disconnect?.();
