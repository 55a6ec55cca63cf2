import type { EvidenceKind, Role } from "./model/vocabulary.ts";

/** What counts as proof of one row of 62443-4-1. The whole judgement of presence, authority and age is in this table. */
export interface RowRule {
  /** Kinds that count at all. */
  readonly kinds: readonly EvidenceKind[];
  /** Kinds that show the practice is done, not only written down; at least one is needed. */
  readonly practised: readonly EvidenceKind[];
  /** Kinds of which each must be there. */
  readonly needs: readonly EvidenceKind[];
  /** Who may sign it. */
  readonly roles: readonly Role[];
  /** `release`: bound to the images; `process`: bound to documents or the source tree; `either`. */
  readonly scope: "release" | "process" | "either";
  /** `not-author`: none of those whose work is judged; `not-developer`: moreover no developer of the product. */
  readonly independence: "none" | "not-author" | "not-developer";
  /** `stated`: one scan at least says of which day the database was that it compared with. */
  readonly scanDatabase: "stated" | "any";
  /** Files the records must cover as they are now; a folder means every file in it. */
  readonly documents: readonly DocumentName[];
}

type DocumentName = `.sdl/${string}` | "guides" | "update-doc" | "qualification" | "compat";

const everybody: RowRule = {
  kinds: ["review"],
  practised: ["review"],
  needs: [],
  roles: ["security-lead"],
  scope: "process",
  independence: "none",
  scanDatabase: "any",
  documents: [],
};
const rule = (differs: Partial<RowRule>): RowRule => ({ ...everybody, ...differs });

const reviewers: readonly Role[] = ["security-lead", "architect", "tester"];
const testers: readonly Role[] = ["tester", "build-system"];
const writers: readonly Role[] = ["technical-writer", "security-lead", "tester"];

export const rowRules: Readonly<Record<string, RowRule>> = {
  // Security management.
  "SM-1": rule({ kinds: ["document", "review"], roles: ["security-lead", "product-owner"] }),
  "SM-2": rule({
    kinds: ["document", "review"],
    roles: ["security-lead", "product-owner"],
    documents: [".sdl/roles.yaml"],
  }),
  "SM-3": rule({ roles: ["security-lead", "product-owner"], documents: [".sdl/product.yaml"] }),
  "SM-4": rule({ kinds: ["training"], practised: ["training"], documents: [".sdl/roles.yaml"] }),
  "SM-5": rule({ documents: [".sdl/soa.yaml"] }),
  "SM-6": rule({
    kinds: ["test", "delivery", "provenance"],
    practised: ["test", "delivery"],
    roles: [...testers, "release-manager"],
    scope: "release",
  }),
  // A management system certificate supports the row, it never carries it alone.
  "SM-7": rule({
    kinds: ["document", "certificate", "review", "scan", "drill"],
    practised: ["review", "scan", "drill"],
    roles: ["security-lead", "architect"],
  }),
  "SM-8": rule({ kinds: ["review", "drill"], practised: ["review", "drill"], documents: [".sdl/keys.yaml"] }),
  "SM-9": rule({
    kinds: ["scan", "review", "supplier"],
    practised: ["scan", "review"],
    roles: ["security-lead", "architect", "build-system"],
    scope: "either",
    documents: [".sdl/suppliers.yaml"],
  }),
  "SM-10": rule({
    kinds: ["supplier", "certificate", "document"],
    practised: ["supplier"],
    roles: ["purchasing", "security-lead"],
    documents: [".sdl/suppliers.yaml"],
  }),
  "SM-11": rule({
    kinds: ["review", "approval"],
    practised: ["review", "approval"],
    roles: ["security-lead", "incident-handler"],
    scope: "release",
  }),
  "SM-12": rule({
    kinds: ["approval"],
    practised: ["approval"],
    roles: ["release-manager", "security-lead", "product-owner"],
    scope: "release",
  }),
  "SM-13": rule({ roles: ["security-lead", "product-owner"] }),
  // Security requirements.
  "SR-1": rule({ roles: reviewers, documents: [".sdl/context.yaml"] }),
  "SR-2": rule({ roles: reviewers, independence: "not-author", documents: [".sdl/threats/"] }),
  "SR-3": rule({ roles: reviewers, documents: [".sdl/requirements/"] }),
  "SR-4": rule({ roles: reviewers, documents: [".sdl/requirements/"] }),
  "SR-5": rule({ roles: reviewers, independence: "not-author", documents: [".sdl/requirements/"] }),
  // Secure by design.
  "SD-1": rule({
    kinds: ["review", "scan"],
    practised: ["review", "scan"],
    roles: [...reviewers, "build-system"],
    documents: [".sdl/interfaces.yaml"],
  }),
  "SD-2": rule({ roles: reviewers, documents: [".sdl/threats/"] }),
  "SD-3": rule({ roles: reviewers, independence: "not-author" }),
  "SD-4": rule({ kinds: ["review", "document"], roles: reviewers }),
  // Secure implementation.
  "SI-1": rule({
    kinds: ["review", "scan"],
    practised: ["review"],
    needs: ["review", "scan"],
    roles: [...reviewers, "developer", "build-system"],
    scope: "either",
    independence: "not-author",
  }),
  "SI-2": rule({
    kinds: ["document", "review", "scan"],
    practised: ["review", "scan"],
    roles: [...reviewers, "build-system"],
    scope: "either",
  }),
  // Verification and validation testing.
  "SVV-1": rule({ kinds: ["test"], practised: ["test"], roles: testers, scope: "release", independence: "not-author" }),
  "SVV-2": rule({ kinds: ["test"], practised: ["test"], roles: testers, scope: "release", independence: "not-author" }),
  "SVV-3": rule({
    kinds: ["scan", "test"],
    practised: ["scan"],
    needs: ["scan", "test"],
    scanDatabase: "stated",
    roles: testers,
    scope: "release",
    independence: "not-author",
  }),
  "SVV-4": rule({
    kinds: ["test"],
    practised: ["test"],
    roles: ["tester"],
    scope: "either",
    independence: "not-developer",
  }),
  "SVV-5": rule({ documents: [".sdl/roles.yaml"] }),
  // Defects.
  "DM-1": rule({
    kinds: ["document", "drill", "test"],
    practised: ["drill", "test"],
    roles: ["incident-handler", "security-lead"],
  }),
  "DM-2": rule({ roles: ["incident-handler", "security-lead"], documents: [".sdl/issues/"] }),
  "DM-3": rule({ roles: ["incident-handler", "security-lead"], documents: [".sdl/issues/"] }),
  "DM-4": rule({ roles: ["incident-handler", "security-lead"], documents: [".sdl/issues/", ".sdl/waivers/"] }),
  "DM-5": rule({
    kinds: ["review", "delivery", "drill"],
    practised: ["review", "delivery", "drill"],
    roles: ["incident-handler", "security-lead"],
  }),
  "DM-6": rule({ roles: ["security-lead", "product-owner"] }),
  // Security updates.
  "SUM-1": rule({
    kinds: ["test"],
    practised: ["test"],
    roles: ["tester"],
    scope: "release",
    independence: "not-developer",
  }),
  "SUM-2": rule({ roles: writers, independence: "not-author", documents: ["update-doc"] }),
  "SUM-3": rule({ roles: ["security-lead", "incident-handler", "tester"], documents: ["compat"] }),
  "SUM-4": rule({
    kinds: ["delivery", "test"],
    practised: ["delivery", "test"],
    roles: [...testers, "release-manager"],
    scope: "release",
  }),
  "SUM-5": rule({ roles: ["security-lead", "product-owner"], documents: [".sdl/policy.yaml"] }),
  // Guides.
  "SG-1": rule({ roles: writers, documents: ["guides"] }),
  "SG-2": rule({ roles: writers, documents: [".sdl/context.yaml", "guides"] }),
  "SG-3": rule({ roles: writers, documents: ["guides"] }),
  "SG-4": rule({ kinds: ["review", "test"], practised: ["review", "test"], roles: writers, documents: ["guides"] }),
  "SG-5": rule({ roles: writers, documents: ["guides"] }),
  "SG-6": rule({
    kinds: ["review", "scan"],
    practised: ["review", "scan"],
    roles: writers,
    documents: [".sdl/accounts.yaml"],
  }),
  "SG-7": rule({ roles: writers, independence: "not-author", documents: ["guides"] }),
};

/** For rows whose age the catalogue leaves to the policy. */
export const defaultPolicyAge = "90d";

/** Rows whose loss no reason can make up for. */
export const neverWaived: readonly string[] = ["SM-6", "SM-8", "SM-12", "SUM-2", "SUM-4"];
