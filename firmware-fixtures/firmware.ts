import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { runTool } from "./toolchain.ts";

/** The releases by minor number: 1.0.0, 1.1.0, 1.2.0. */
export const releaseMinors: readonly number[] = [0, 1, 2];

/** One file name in `images/` with its bytes. */
export interface Image {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const target = ["-mcpu=cortex-m3", "-mthumb"];

const compile = [
  ...target,
  "-c",
  "-std=c11",
  "-Os",
  "-Wall",
  "-Wextra",
  "-Werror",
  "-ffreestanding",
  "-ffunction-sections",
  // Without a C library there is no memcpy to turn the copy loops of startup into.
  "-fno-tree-loop-distribute-patterns",
  // The compiler's name and the builder's folder stay out of the object files.
  "-fno-ident",
];

const link = [
  ...target,
  "-nostdlib",
  "-Tmps2-an385.ld",
  // No padding to page size, no build id, no debug information.
  "-Wl,-n,--build-id=none,--gc-sections,--fatal-warnings,--strip-debug",
];

/** Builds one release as ELF, Intel HEX and raw binary. The same sources and toolchain give the same bytes. */
export function buildRelease(minor: number, source: string): Image[] {
  const scratch = mkdtempSync(path.join(tmpdir(), "sumac-fixture-"));
  try {
    const files = readdirSync(source).sort();
    const objects = files
      .filter((file) => file.endsWith(".c"))
      .map((file) => compileFile(file, minor, source, scratch));
    const elf = path.join(scratch, "firmware.elf");
    runTool("arm-none-eabi-gcc", [...link, ...objects, "-o", elf, "-lgcc"], source);
    // Erased flash reads as ones: that is what stands between the segments on a real device.
    runTool(
      "arm-none-eabi-objcopy",
      ["-O", "binary", "--gap-fill=0xff", elf, path.join(scratch, "firmware.bin")],
      source,
    );
    runTool("arm-none-eabi-objcopy", ["-O", "ihex", elf, path.join(scratch, "firmware.hex")], source);
    return ["elf", "hex", "bin"].map((kind) => ({
      name: `rtu-demo-1.${minor}.0.${kind}`,
      bytes: readFileSync(path.join(scratch, `firmware.${kind}`)),
    }));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function compileFile(file: string, minor: number, source: string, scratch: string): string {
  const object = path.join(scratch, `${path.basename(file, ".c")}.o`);
  const prefixMap = `-ffile-prefix-map=${source}=.`;
  runTool("arm-none-eabi-gcc", [...compile, prefixMap, `-DRELEASE_MINOR=${minor}`, file, "-o", object], source);
  return object;
}
