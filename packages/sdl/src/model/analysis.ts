import { date, described, filePath, hex64, id, list, oneOf, record, rowId, type Shape, text } from "./shape.ts";
import { type Role, role } from "./vocabulary.ts";

/** `.sdl/threats/<id>.yaml` (SR-2): treated by mitigations, each shown by tests. */
export interface Threat {
  readonly id: string;
  readonly title: string;
  readonly assets: readonly string[];
  readonly rating: "critical" | "high" | "medium" | "low";
  readonly treatment: "mitigate" | "accept" | "transfer" | "avoid";
  readonly mitigations: readonly {
    readonly id: string;
    readonly layer: "component" | "product" | "site";
    readonly statement: string;
  }[];
  /** Test ids, as in the test records. */
  readonly tests: readonly string[];
  readonly reviewed: string;
}

export const threat: Shape<Threat> = record({
  id,
  title: text,
  assets: described("asset ids of context.yaml", list(id, 1)),
  rating: oneOf("critical", "high", "medium", "low"),
  treatment: oneOf("mitigate", "accept", "transfer", "avoid"),
  mitigations: list(record({ id, layer: oneOf("component", "product", "site"), statement: text })),
  tests: described("ids of test cases that show the mitigations", list(text)),
  reviewed: date,
});

/** `.sdl/requirements/<id>.yaml` (SR-3, SR-4). */
export interface Requirement {
  readonly id: string;
  readonly text: string;
  readonly source: { readonly row?: string; readonly threat?: string; readonly law?: string };
  readonly tests: readonly string[];
}

export const requirement: Shape<Requirement> = record({
  id,
  text,
  source: record({}, { row: rowId, threat: id, law: text }),
  tests: list(text, 1),
});

/** `.sdl/claims/<id>.yaml`: that a 4-2 row is met, by which requirement and which tests. */
export interface Claim {
  readonly row: string;
  readonly statement: string;
  readonly requirements: readonly string[];
  readonly tests: readonly string[];
  readonly by: "component" | "integration";
  /** For `integration`: the site measure of context.yaml. */
  readonly measure?: string;
}

export const claim: Shape<Claim> = record(
  {
    row: rowId,
    statement: text,
    requirements: list(id),
    tests: list(text),
    by: oneOf("component", "integration"),
  },
  { measure: id },
);

/** `.sdl/reviews/<id>.yaml`: what was looked at (by digest), who did, what came out. */
export interface Review {
  readonly id: string;
  readonly rows: readonly string[];
  readonly kind: "design" | "code" | "threat-model" | "requirements" | "guide" | "process" | "defects" | "release";
  readonly subject: readonly { readonly file: string; readonly sha256: string }[];
  readonly authors: readonly string[];
  readonly reviewers: readonly { readonly person: string; readonly role: Role }[];
  readonly held: string;
  readonly findings: readonly {
    readonly id: string;
    readonly text: string;
    readonly state: "open" | "closed" | "accepted";
  }[];
  readonly closed?: string;
}

export const review: Shape<Review> = record(
  {
    id,
    rows: list(rowId, 1),
    kind: oneOf("design", "code", "threat-model", "requirements", "guide", "process", "defects", "release"),
    subject: list(record({ file: filePath, sha256: hex64 }), 1),
    authors: described("who made it: none of them may review it", list(id, 1)),
    reviewers: list(record({ person: id, role }), 1),
    held: date,
    findings: list(record({ id, text, state: oneOf("open", "closed", "accepted") })),
  },
  { closed: date },
);

/** `.sdl/waivers/<id>.yaml`: a row that may be red until a day, with who carries the risk. */
export interface Waiver {
  readonly id: string;
  /** A catalogue row, an issue (`issue:ID`) or a cell of a qualification matrix (`cell:VERSION/HW/CONFIG`). */
  readonly covers: string;
  readonly reason: string;
  readonly risk: string;
  readonly approver: string;
  readonly approved: string;
  readonly expires: string;
  /** Release ids it is for; none = every release until it expires. */
  readonly releases: readonly string[];
}

export const waiver: Shape<Waiver> = record({
  id,
  covers: described("a row, issue:ID, or cell:VERSION/HARDWARE/CONFIGURATION", text),
  reason: text,
  risk: text,
  approver: id,
  approved: date,
  expires: date,
  releases: list(id),
});
