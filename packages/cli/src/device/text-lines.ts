import { malformedInput } from "../failure.ts";
import { fileChunks } from "../file-chunks.ts";
import type { Io } from "../io.ts";

/** Longer than any line of an exported log. */
const longestLine = 16384;

/** The lines of a file, without their ends; the last one has to end as well. Memory holds one line. */
export async function* textLines(io: Io, name: string): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const refuse = (problem: string): Error =>
    malformedInput("not-an-event-log", `${name} ${problem}`, "name a file from sumac device log export");
  const decode = (chunk: Uint8Array | undefined): string => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
    } catch {
      throw refuse("is not UTF-8 text");
    }
  };
  let rest = "";
  for await (const chunk of fileChunks(io, name, { advance: () => undefined })) {
    const lines = (rest + decode(chunk)).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > longestLine) throw refuse("has a line that no log has");
    yield* lines;
  }
  rest += decode(undefined);
  if (rest !== "") throw refuse("ends in the middle of a line");
}
