import { reviewResult } from "@sumac/sdl";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { Failure } from "../failure.ts";
import { gateInput, readSdlFile } from "../sdl/product-folder.ts";
import { ownTool, recordOptions, writeRecord } from "../sdl/write-evidence.ts";
import { passphraseNote } from "../signers.ts";

export const sdlReviewSign: Command = {
  name: "sdl review sign",
  summary: "sign a review of reviews/ID.yaml, bound to what was reviewed",
  operands: [{ name: "review", summary: "id of the review" }],
  options: recordOptions.filter(({ name }) => name !== "document" && name !== "of"),
  notes: [passphraseNote],
  run,
};

async function run(given: Arguments, context: CommandContext): Promise<ExitCode> {
  const { io, terminal } = context;
  const id = given.operand("review");
  const file = `reviews/${id}.yaml`;
  const { parsed } = await readSdlFile(given, io, file, "review");
  const review = parsed.value;
  const input = await gateInput(given, io, "regular");
  const person = given.required("person");
  const refuse = (code: string, problem: string, remedy: string): Failure =>
    new Failure({ code, problem, remedy, exit: exitCode.refused });
  if (review.authors.includes(person))
    throw refuse("G6-independence", `${person} is an author of what was reviewed`, "let somebody else sign");
  if (!review.reviewers.some((reviewer) => reviewer.person === person))
    throw refuse(
      "G6-person",
      `${person} is no reviewer of ${id}`,
      "name the person in the review, or let a reviewer sign",
    );
  const changed = review.subject.find(
    ({ file: name, sha256 }) => input.files.get(name)?.sha256 !== undefined && input.files.get(name)?.sha256 !== sha256,
  );
  if (changed !== undefined)
    throw refuse(
      "G5-document",
      `${changed.file} is not the text that was reviewed`,
      "review the new text and correct its digest",
    );
  const rows = given.all("row").length > 0 ? given.all("row") : review.rows;
  const content = {
    rows,
    kind: "review" as const,
    tool: ownTool,
    inputs: [],
    result: reviewResult(review),
    documents: [...review.subject.map(({ file: name }) => name), `.sdl/${file}`],
  };
  // Whose work it was stands in the review.
  const withAuthors: Arguments = {
    operand: (name) => given.operand(name),
    option: (name) => given.option(name),
    required: (name) => given.required(name),
    flag: (name) => given.flag(name),
    all: (name) => (name === "of" ? review.authors : given.all(name)),
  };
  const written = await writeRecord(content, input, withAuthors, context);
  terminal.json({ file: written, outcome: content.result.outcome });
  terminal.line(`wrote ${written}: ${content.result.summary}`);
  return exitCode.ok;
}
