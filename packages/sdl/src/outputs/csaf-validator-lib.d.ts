// The parts of the validator that the tests call; the package carries no declarations for them.
declare module "@secvisogram/csaf-validator-lib/basic.js" {
  const tests: Readonly<Record<string, (document: unknown) => unknown>>;
  export = tests;
}
declare module "@secvisogram/csaf-validator-lib/mandatoryTests.js" {
  export function mandatoryTest_6_1_11(document: unknown): {
    readonly errors: readonly { readonly message: string; readonly instancePath: string }[];
  };
}
declare module "@secvisogram/csaf-validator-lib/schemaTests.js" {
  export function csaf_2_0_strict(document: unknown): { readonly isValid: boolean };
}
declare module "@secvisogram/csaf-validator-lib/validate.js" {
  export default function validate(
    tests: readonly unknown[],
    document: unknown,
  ): Promise<{
    readonly isValid: boolean;
    readonly tests: readonly {
      readonly name: string;
      readonly errors: readonly { readonly message?: string; readonly instancePath: string }[];
    }[];
  }>;
}
