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
  return inScratch((scratch) => {
    const files = readdirSync(source).filter((file) => file.endsWith(".c"));
    const sources = files.sort().map((file) => ({ file, folder: source }));
    const elf = linkFiles(sources, [`-DRELEASE_MINOR=${minor}`], source, scratch);
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
  });
}

/** What the responder for serial lines shares with the releases: start, text on the UART, the clock of the vector table. */
const boardFiles = ["console.c", "startup.c", "tick.c"];

/** Builds the TEST ONLY responder, as ELF: nobody installs it. */
export function buildSmpEcho(echo: string, source: string): Image {
  return inScratch((scratch) => {
    const own = readdirSync(echo).filter((file) => file.endsWith(".c"));
    const sources = [
      ...own.sort().map((file) => ({ file, folder: echo })),
      ...boardFiles.map((file) => ({ file, folder: source })),
    ];
    const elf = linkFiles(sources, [`-I${source}`], source, scratch);
    return { name: "smp-echo.elf", bytes: readFileSync(elf) };
  });
}

interface SourceFile {
  readonly file: string;
  readonly folder: string;
}

function linkFiles(files: readonly SourceFile[], options: readonly string[], source: string, scratch: string): string {
  const objects = files.map((file) => compileFile(file, options, scratch));
  const elf = path.join(scratch, "firmware.elf");
  runTool("arm-none-eabi-gcc", [...link, ...objects, "-o", elf, "-lgcc"], source);
  return elf;
}

function compileFile({ file, folder }: SourceFile, options: readonly string[], scratch: string): string {
  const object = path.join(scratch, `${path.basename(file, ".c")}.o`);
  const prefixMap = `-ffile-prefix-map=${folder}=.`;
  runTool("arm-none-eabi-gcc", [...compile, prefixMap, ...options, file, "-o", object], folder);
  return object;
}

function inScratch<T>(build: (folder: string) => T): T {
  const scratch = mkdtempSync(path.join(tmpdir(), "sumac-fixture-"));
  try {
    return build(scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
