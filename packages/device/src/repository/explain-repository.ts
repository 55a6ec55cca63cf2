import { explain, type TufRefusal } from "@sumac/tuf";
import type { Explanation } from "@sumac/verifier";
import type { RepositoryRefusal } from "./repository-refusal.ts";

export function explainRepository(refusal: RepositoryRefusal): Explanation {
  switch (refusal.code) {
    case "target-not-named":
      return {
        problem: "the server names no entry of the vendor's repository for the release",
        remedy: "list the release in the repository and publish both: sumac publish --repo",
      };
    case "trust-update-missing":
      return {
        problem: `the keys of ${refusal.role} have changed, and the device's trust record does not know ${refusal.keyId.slice(0, 8)}`,
        remedy: "bring the trust update that names the new keys first: sumac device trust update",
      };
    default:
      return explain(refusal satisfies TufRefusal);
  }
}
