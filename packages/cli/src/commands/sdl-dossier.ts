import { bytesToHex } from "@sumac/crypto";
import {
  buildDossier,
  csafAdvisories,
  csafPath,
  csafVex,
  type Edition,
  editions,
  explainDossierFault,
  type ReleasePicture,
  verifyDossier,
} from "@sumac/sdl";
import type { Signer } from "@sumac/signing";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { Failure, usage } from "../failure.ts";
import { requireNoFolder, writeNewFolder } from "../new-folder.ts";
import { atOption, productOption, readPicture, releaseOption } from "../sdl/product-folder.ts";
import { publicSite } from "../sdl/public-site.ts";
import { dossierFolder } from "../sdl/read-dossier-folder.ts";
import { openSigners, passphraseNote, signingOptions } from "../signers.ts";
import { version } from "../version.ts";

export const sdlDossier: Command = {
  name: "sdl dossier",
  summary: "write what a release rests on, as pages to read and files to check",
  operands: [],
  options: [
    productOption,
    releaseOption,
    atOption,
    {
      name: "edition",
      value: "edition",
      summary: "customer (default): confidential records by digest and summary only; or internal",
    },
    { name: "emergency", summary: "postpone what is lacking, if two people approved that" },
    { name: "out", value: "folder", use: "required", summary: "write it there; the folder must not hold anything" },
    ...signingOptions,
  ],
  notes: [
    "Open index.html in a browser: it runs no script and loads nothing. Check it with sumac sdl verify.",
    "Exit code 0: written, the gate passed. 3: written, and the gate is red: the first page says why.",
    "The same files, time and keys give the same bytes. With --at nothing is signed.",
    passphraseNote,
  ],
  run,
};

async function run(given: Arguments, context: CommandContext): Promise<ExitCode> {
  const { io, terminal } = context;
  const edition = editionOf(given);
  const out = given.required("out");
  const signs = given.all("key").length + given.all("test-only-key").length > 0;
  if (signs && given.option("at") !== undefined)
    throw usage("option-conflict", "--at does not go together with a key", "sign what is judged for now");
  requireNoFolder(io, out);
  const picture = await readPicture(given, io, given.flag("emergency") === "given" ? "emergency" : "regular");
  const signers = await openSigners(given, context);
  refuseStrangers(signers, picture);
  const tool = { name: "sumac", version };
  const files = await buildDossier(picture, { edition, tool, signers, attachments: documentsOf(picture) });
  // What a reader would refuse is not written: two records of one name, for example.
  const verified = verifyDossier(dossierFolder(files), { crypto: picture.input.crypto, signers: [], images: [] });
  if (!verified.ok) {
    const { problem } = explainDossierFault(verified.error);
    throw new Failure({
      code: verified.error.code,
      problem: `the dossier would not verify: ${problem}`,
      remedy: "correct that file in .sdl, then make the dossier again",
      exit: exitCode.refused,
    });
  }
  writeNewFolder(io, out, files);
  const { verdict, keptBack, signedBy } = verified.value;
  terminal.json({
    dossier: out,
    release: picture.release.id,
    edition,
    verdict,
    files: files.size,
    keptBack,
    signedBy,
  });
  terminal.line(`release gate: ${verdict}`, verdict === "fail" ? "red" : verdict === "pass" ? "green" : "yellow");
  terminal.line(
    `wrote ${out}, ${edition} edition of ${picture.release.id}: ${files.size} files, ${keptBack} records kept back`,
  );
  terminal.line(signedBy.length === 0 ? "nobody signed it" : `signed by ${signedBy.join(", ")}`);
  return verdict === "fail" ? exitCode.refused : exitCode.ok;
}

function editionOf(given: Arguments): Edition {
  const named = given.option("edition") ?? "customer";
  const edition = editions.find((one) => one === named);
  if (edition === undefined)
    throw usage("bad-value", `--edition ${named} is none of ${editions.join(", ")}`, `say ${editions.join(" or ")}`);
  return edition;
}

/** A reader finds the signer among the keys of the product, or not at all. */
function refuseStrangers(signers: readonly Signer[], picture: ReleasePicture): void {
  const known = new Set((picture.model.single.keys?.value.keys ?? []).map(({ kid }) => kid));
  const stranger = signers.map(({ keyId }) => bytesToHex(keyId)).find((kid) => !known.has(kid));
  if (stranger === undefined) return;
  throw new Failure({
    code: "signer-unknown",
    problem: `key ${stranger} is not in .sdl/keys.yaml`,
    remedy: "sign with a key of the product, or put its public half into keys.yaml",
    exit: exitCode.refused,
  });
}

/** What is told of issues, in the form that other tools read. */
function documentsOf(picture: ReleasePicture): ReadonlyMap<string, Uint8Array> {
  const setting = { tool: { name: "sumac", version }, site: publicSite(picture.product.vendor.namespace) };
  const vex = csafVex(picture, setting);
  return new Map(
    [...csafAdvisories(picture, setting), ...(vex === undefined ? [] : [vex])].map((document) => [
      `csaf/${csafPath(document)}`,
      new TextEncoder().encode(`${JSON.stringify(document, null, 2)}\n`),
    ]),
  );
}
