/** What a person needs to know of a fact: one sentence each, no capital, no full stop. */
export interface Explanation {
  readonly problem: string;
  readonly remedy: string;
}

/** A sentence for every code of a union; a code without one does not compile. */
export type Words<Fact extends { readonly code: string }> = {
  readonly [Code in Fact["code"]]: (fact: Extract<Fact, { readonly code: Code }>) => Explanation;
};

export const say = (problem: string, remedy: string): Explanation => ({ problem, remedy });

/** A kebab-case name as it stands in a sentence. */
export const words = (name: string): string => name.replaceAll("-", " ");

export const hexAddress = (address: bigint): string => `0x${address.toString(16).padStart(8, "0")}`;
