/** The name that TypeScript has for what the draft calls `image-size`: `imageSize`. */
export type CamelCase<Name extends string> = Name extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<CamelCase<Rest>>}`
  : Name;

export const camelCase = <Name extends string>(name: Name): CamelCase<Name> =>
  name.replace(/-./g, ([, letter = ""]) => letter.toUpperCase()) as CamelCase<Name>;
