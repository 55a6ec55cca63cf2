import type { PlainJson } from "../json-value.ts";
import type {
  WireDelegation,
  WireFile,
  WireMetadata,
  WireRole,
  WireRoot,
  WireTarget,
  WireTargets,
} from "./wire-metadata.ts";

/** One line of what a person reads before signing; `sign` says what it does to the version before. */
export interface ChangeLine {
  readonly sign: "+" | "-" | " ";
  readonly text: string;
}

export interface Described {
  /** What is the case if this is signed. */
  readonly heading: string;
  readonly lines: readonly ChangeLine[];
}

type Name = (keyId: string) => string;

/**
 * A draft in words, with what it changes. Everything but the comparison comes from the draft itself: the bytes that are
 * signed. `nameOf` gives a person's name for a key id; the id's beginning always stands beside it.
 */
export function describeDraft(
  role: string,
  draft: WireMetadata,
  previous: WireMetadata | undefined,
  nameOf: (keyId: string) => string | undefined,
): Described {
  const name: Name = (id) => {
    const known = nameOf(id);
    return known === undefined ? id.slice(0, 16) : `${known} (${id.slice(0, 16)})`;
  };
  const before = previous?._type === draft._type ? previous : undefined;
  const lines = [
    ...changed(`version ${draft.version}`, before && `version ${before.version}`),
    ...changed(`expires ${draft.expires}`, before && `expires ${before.expires}`),
    ...compared(facts(draft, name), before === undefined ? undefined : facts(before, name)),
  ];
  return { heading: headings(role, draft), lines };
}

function headings(role: string, draft: WireMetadata): string {
  switch (draft._type) {
    case "root":
      return `root version ${draft.version}: the keys that everything else rests on`;
    case "targets":
      if (role === "targets") return `targets version ${draft.version}: which keys release which product line`;
      return `${role} version ${draft.version}: the releases of one product line`;
    case "snapshot":
      return `snapshot version ${draft.version}: which role files are current`;
    case "timestamp":
      return `timestamp version ${draft.version}: which snapshot is current`;
  }
}

/** By a key that names the same thing in both versions. */
function facts(wire: WireMetadata, name: Name): ReadonlyMap<string, string> {
  switch (wire._type) {
    case "root":
      return new Map(rootFacts(wire, name));
    case "targets":
      return new Map([...delegationFacts(wire, name), ...targetFacts(wire)]);
    case "snapshot":
    case "timestamp":
      return new Map(Object.entries(wire.meta).map(([file, facts]) => [file, fileFacts(file, facts)]));
  }
}

const rootFacts = (root: WireRoot, name: Name): [string, string][] => [
  ...(root.tree === undefined ? [] : [["tree", `tree ${root.tree}`] as [string, string]]),
  ...Object.entries(root.roles).flatMap(([role, keys]) => roleFacts(role, keys, name)),
];

const roleFacts = (role: string, { keyids, threshold }: WireRole, name: Name): [string, string][] => [
  [`${role} threshold`, `${role} needs ${threshold} of ${keyids.length} keys`],
  ...keyids.map((id): [string, string] => [`${role} ${id}`, `${role} key ${name(id)}`]),
];

const delegationFacts = ({ delegations }: WireTargets, name: Name): [string, string][] =>
  (delegations?.roles ?? []).flatMap((role: WireDelegation) => [
    ...roleFacts(role.name, role, name),
    ...role.paths.map((path): [string, string] => [`${role.name} path ${path}`, `${role.name} may release ${path}`]),
    [`${role.name} end`, `${role.name} ${role.terminating ? "ends" : "does not end"} the search`] as [string, string],
  ]);

const targetFacts = ({ targets }: WireTargets): [string, string][] =>
  Object.entries(targets).map(([path, target]) => [path, targetWords(path, target)]);

function targetWords(path: string, { hashes, length, custom }: WireTarget): string {
  const sequence = custom?.["sequence"];
  const told = typeof sequence === "number" ? `, sequence ${sequence}` : "";
  const report = gateReportDigest(custom?.["gate_report"]);
  const gate = report === undefined ? "" : `, gate report sha256 ${report}`;
  return `release ${path}${told}, ${length} bytes, sha256 ${hashes.sha256}${gate}`;
}

/** Said before it is signed (docs/spec/tuf.md 5). */
function gateReportDigest(member: PlainJson | undefined): string | undefined {
  const sha256 = typeof member === "object" && member !== null && "sha256" in member ? member["sha256"] : undefined;
  return typeof sha256 === "string" ? sha256 : undefined;
}

const fileFacts = (file: string, { version, length }: WireFile): string =>
  `${file} version ${version}${length === undefined ? "" : `, ${length} bytes`}`;

const changed = (now: string, before: string | undefined): ChangeLine[] =>
  before === undefined || before === now
    ? [{ sign: " ", text: now }]
    : [
        { sign: "-", text: before },
        { sign: "+", text: now },
      ];

/**
 * Without a version before, everything is new and nothing needs a mark. What is unchanged is listed too, first: the
 * version before is not part of what is signed, and a forged one would hide a key that it claims was always there.
 */
function compared(now: ReadonlyMap<string, string>, before: ReadonlyMap<string, string> | undefined): ChangeLine[] {
  if (before === undefined) return Array.from(now.values(), (text) => ({ sign: " ", text }));
  const same: ChangeLine[] = [];
  const lines: ChangeLine[] = [];
  for (const [key, text] of before) if (!now.has(key)) lines.push({ sign: "-", text });
  for (const [key, text] of now) {
    const old = before.get(key);
    if (old === text) same.push({ sign: " ", text });
    else lines.push(...changed(text, old).map((line) => (old === undefined ? { ...line, sign: "+" as const } : line)));
  }
  return [...same, ...lines];
}
