import { editYaml, judgeGate } from "@sumac/sdl";
import { writeFilesAtomically } from "../atomic-file.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { readEnvelopeFile } from "../envelope-file.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { usage } from "../failure.ts";
import { checkedSdlFile, gateInput, productOption, readSdlFile } from "../sdl/product-folder.ts";
import { refuseForeignImages, refuseRedGate } from "../sdl/require-gate.ts";
import { printPublished, publishEnvelope, publishOptions } from "./publish.ts";

export const sdlUpdatePublish: Command = {
  name: "sdl update publish",
  summary: "publish an update whose gate is not red, and write down that it was",
  operands: [{ name: "id", summary: "name of the update: folder updates/ID" }],
  options: [
    productOption,
    { name: "envelope", value: "file", use: "required", summary: "the signed envelope of the release (.suit)" },
    { name: "emergency", summary: "postpone what is lacking in the gate, if two people approved it" },
    ...publishOptions,
  ],
  notes: [
    "The moment goes into delivery.yaml (published_at) and into the release (state shipped, shipped_at); a moment that is there stays.",
    "Run it again after a failure: what the server has is not sent twice.",
  ],
  run,
};

async function run(given: Arguments, context: CommandContext): Promise<ExitCode> {
  const { io, terminal } = context;
  const id = given.operand("id");
  const deliveryName = `updates/${id}/delivery.yaml`;
  const delivery = await readSdlFile(given, io, deliveryName, "delivery");
  const input = await gateInput(given, io, given.flag("emergency") === "given" ? "emergency" : "regular");
  const releases = [...input.model.many.release.values()].filter(({ value }) => value.update === id);
  const [release] = releases;
  if (release === undefined || releases.length > 1)
    throw usage("release-not-found", `${releases.length} releases name the update ${id}`, "let one name it");
  const report = judgeGate({ ...input, release: release.value.id });
  refuseRedGate(report);
  const envelope = given.required("envelope");
  refuseForeignImages(await readEnvelopeFile(io, envelope), report);
  const published = await publishEnvelope(envelope, given, context);
  const now = new Date(input.now).toISOString();
  const releaseName = `releases/${release.value.id}.yaml`;
  const releaseFile = await readSdlFile(given, io, releaseName, "release");
  const files = [];
  if (delivery.parsed.value.published_at === undefined) {
    const text = editYaml(delivery.text, [{ set: ["published_at"], to: now }]);
    files.push(checkedSdlFile(given, deliveryName, "delivery", text, "replace"));
  }
  if (release.value.state === "candidate") {
    const edits = [
      { set: ["state"], to: "shipped" },
      { set: ["shipped_at"], to: now },
    ];
    files.push(checkedSdlFile(given, releaseName, "release", editYaml(releaseFile.text, edits), "replace"));
  }
  writeFilesAtomically(io, files);
  terminal.json({ ...published, update: id, gate: report.verdict, files: files.map(({ name }) => name) });
  printPublished(terminal, published);
  for (const { name } of files) terminal.line(`wrote ${name}`);
  return exitCode.ok;
}
