import { annotatedText, annotateEnvelope } from "./annotate-envelope.ts";
import { envelope } from "./craft-envelope.ts";

/** The page with the example in its first fenced block made anew; everything else is written by hand. */
export function withExample(page: string): string {
  const block = /^```\n[\s\S]*?^```$/m;
  if (!block.test(page)) throw new RangeError("the page has no block for the example");
  return page.replace(block, () => `\`\`\`\n${annotatedText(annotateEnvelope(envelope()))}\n\`\`\``);
}
