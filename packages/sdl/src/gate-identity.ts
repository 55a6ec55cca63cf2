import type { Authority } from "./authority.ts";
import type { EvidenceRecord } from "./evidence-record.ts";
import { about, aboutFile, type GateCase, type GateFinding, type GateInput } from "./gate-context.ts";
import type { Release } from "./model/release.ts";
import { sdlFolder } from "./product-model.ts";
import { bindingFault } from "./record-check.ts";
import type { Located } from "./yaml-file.ts";

/** The release that is meant: the one named, else the only candidate. */
export function chooseRelease(input: GateInput): Located<Release> | GateFinding {
  const releases = [...input.model.many.release.values()];
  if (input.release !== undefined) {
    const named = input.model.many.release.get(input.release);
    return named ?? aboutFile("G1-no-release", `${sdlFolder}/releases/${input.release}.yaml`, input.release);
  }
  const candidates = releases.filter(({ value }) => value.state === "candidate");
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) return only;
  return aboutFile("G1-no-release", `${sdlFolder}/releases`, `${candidates.length} candidates`);
}

/**
 * Stands in where it is not clear what is to be judged, so that the practices still are: an image that nobody can have
 * built, from a source that nobody can have tagged.
 */
export function noRelease(why: GateFinding): Located<Release> {
  const nobody = "0".repeat(64);
  const value: Release = {
    id: "",
    version: "",
    state: "candidate",
    sequence: 0,
    floor: 0,
    update_kind: "security",
    images: [{ name: "none", sha256: nobody, size: 0 }],
    source: { commit: nobody, tree: nobody, tag: "" },
    sbom: { file: "", sha256: nobody },
    guides: [],
    update: "",
    planned: "",
  };
  return { file: why.file, value, place: () => ({ file: why.file, line: why.line, column: why.column }) };
}

/** G1: the source is what is tagged, the build says so, and the images are those that were built. */
export function judgeIdentity(given: GateCase, authorityOf: (record: EvidenceRecord) => Authority): GateFinding[] {
  return [...judgeSource(given), ...judgeBuild(given, authorityOf), ...judgeImages(given)];
}

function judgeSource(given: GateCase): GateFinding[] {
  const { source: wanted } = given.chosen.value;
  if (given.policy.value.source !== "git") return [];
  const place = (member: string) => given.chosen.place(["source", member]);
  if (given.source === undefined) return [about("G1-git-unknown", given.policy.place(["source"]), "source: git")];
  const { state, commit, tree, tags } = given.source;
  return [
    ...(state === "dirty" ? [about("G1-dirty", place("tree"), given.chosen.value.id)] : []),
    ...(commit !== wanted.commit ? [about("G1-commit", place("commit"), commit.slice(0, 12))] : []),
    ...(tree !== wanted.tree ? [about("G1-commit", place("tree"), tree.slice(0, 12))] : []),
    ...(tags.includes(wanted.tag) ? [] : [about("G1-tag", place("tag"), wanted.tag)]),
  ];
}

function judgeBuild(given: GateCase, authorityOf: (record: EvidenceRecord) => Authority): GateFinding[] {
  const release = given.chosen.value;
  const built = given.records.filter(
    ({ evidence }) => evidence.kind === "provenance" && evidence.role === "build-system",
  );
  const ofImages = built.filter(
    (record) =>
      bindingFault(record, { scope: "release" }, given, (rule, fact) => aboutFile(rule, record.file, fact)) ===
      undefined,
  );
  const faults = ofImages.map((record) => authorityOf(record).fault);
  const record = ofImages.find((_, index) => faults[index] === undefined);
  if (record === undefined) {
    const why = faults.find((fault) => fault !== undefined);
    return [
      ...(why === undefined ? [] : [why]),
      about("G1-provenance-missing", given.chosen.place(["images"]), release.id),
    ];
  }
  const { source, outcome } = record.evidence.result;
  if (source?.state === "dirty") return [aboutFile("G1-dirty", record.file, source.commit.slice(0, 12))];
  const same =
    source !== undefined &&
    source.commit === release.source.commit &&
    source.tree === release.source.tree &&
    source.tag === release.source.tag;
  return same && outcome === "passed"
    ? []
    : [aboutFile("G1-provenance-subject", record.file, source?.commit.slice(0, 12) ?? "no source")];
}

function judgeImages(given: GateCase): GateFinding[] {
  return given.chosen.value.images.flatMap(({ file, sha256, size, name }, index) => {
    if (file === undefined) return [];
    const found = given.files.get(file);
    if (found?.sha256 === sha256 && found.size === size) return [];
    return [
      about(
        "G1-image",
        given.chosen.place(["images", index, "sha256"]),
        found === undefined ? `${file} is not there` : name,
      ),
    ];
  });
}
