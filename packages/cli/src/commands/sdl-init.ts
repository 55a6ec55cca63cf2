import path from "node:path";
import { type ComponentType, initialFiles, nextSteps } from "@sumac/sdl";
import { builtInCatalogue, builtInCatalogueDigest } from "@sumac/sdl/node";
import { makeFolder, outputExists, writeFilesAtomically } from "../atomic-file.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { usage } from "../failure.ts";
import { fileState } from "../file-state.ts";
import { parseChoice } from "../option-values.ts";
import { productOption, sdlPath } from "../sdl/product-folder.ts";

export const sdlInit: Command = {
  name: "sdl init",
  summary: "begin the .sdl folder of a product, and say what to do next",
  operands: [],
  options: [
    productOption,
    { name: "id", value: "id", use: "required", summary: "short name of the product" },
    { name: "vendor", value: "name", use: "required", summary: "who makes it" },
    { name: "namespace", value: "url", use: "required", summary: "address that names the vendor in advisories" },
    { name: "contact", value: "mail", use: "required", summary: "where security issues are reported" },
    {
      name: "type",
      value: "type",
      summary: "SAR software, EDR embedded device (default), HDR host, NDR network device",
    },
  ],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const id = given.required("id");
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/.test(id))
    throw usage("bad-value", `--id ${id} is not a name`, "give letters, digits, dots and dashes");
  if (!/^https?:\/\/[^/?#@]+/.test(given.required("namespace")) || !URL.canParse(given.required("namespace")))
    throw usage(
      "bad-value",
      `--namespace ${given.required("namespace")} is not an address`,
      "give an address such as https://vendor.example",
    );
  if (!/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(given.required("contact")))
    throw usage(
      "bad-value",
      `--contact ${given.required("contact")} is not a mail address`,
      "give one such as psirt@vendor.example",
    );
  const type = parseChoice<ComponentType>("type", given.option("type") ?? "EDR", ["SAR", "EDR", "HDR", "NDR"]);
  if (fileState(io, sdlPath(given, "product.yaml")) !== "absent")
    throw outputExists(sdlPath(given, "product.yaml"), "elsewhere");
  const files = initialFiles({
    id,
    vendor: given.required("vendor"),
    namespace: given.required("namespace"),
    contact: given.required("contact"),
    type,
    now: Date.now(),
    catalogue: builtInCatalogue,
    catalogueDigest: builtInCatalogueDigest,
  });
  for (const folder of new Set([...files.keys()].map((name) => path.dirname(name))))
    makeFolder(io, sdlPath(given, folder));
  const written = [...files].map(([name, text]) => ({
    name: sdlPath(given, name),
    bytes: new TextEncoder().encode(text),
    ifExists: "refuse" as const,
  }));
  writeFilesAtomically(io, written);
  const next = nextSteps(builtInCatalogue);
  terminal.json({ files: written.map(({ name }) => name), next });
  terminal.line(`made ${written.length} files below ${sdlPath(given, "")}`);
  next.forEach((step, index) => {
    terminal.line(`${index + 1}. ${step}`);
  });
  return exitCode.ok;
}
