import { explainImage, formatImageVersion, parseImage } from "@sumac/mcuboot";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { maxImageFileBytes, readImageFile } from "../image-file.ts";
import { imageLines } from "../mcuboot-lines.ts";

export const mcubootInspect: Command = {
  name: "mcuboot inspect",
  summary: "describe an MCUboot image without believing it",
  operands: [{ name: "file", summary: "the image; - reads standard input" }],
  options: [],
  notes: ["Nothing is verified: sumac mcuboot verify does that."],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const { bytes, size } = await readImageFile(io, given.operand("file"));
  const parsed =
    size > maxImageFileBytes
      ? ({ ok: false, error: { code: "too-large", size, limit: maxImageFileBytes } } as const)
      : parseImage(bytes);
  if (!parsed.ok) {
    terminal.json({ ...parsed.error });
    terminal.failure({ code: parsed.error.code, ...explainImage(parsed.error), exit: exitCode.malformed });
    return exitCode.malformed;
  }
  const { header, securityCounter, dependencies, tlvs, length, trailer } = parsed.value;
  terminal.json({
    version: formatImageVersion(header.version),
    securityCounter,
    dependencies: dependencies.map((one) => ({ image: one.image, minVersion: formatImageVersion(one.minVersion) })),
    header: { ...header, version: undefined },
    length,
    trailer,
    tlvs: tlvs.map(({ area, type, name, offset, value }) => ({ area, type, name, offset, value })),
  });
  for (const line of imageLines(parsed.value)) terminal.line(line);
  return exitCode.ok;
}
