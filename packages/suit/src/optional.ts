/** `{ [name]: value }`, or nothing: an absent member is left out of a value, never set to undefined. */
export function optional<Name extends string, T>(name: Name, value: T | undefined): { readonly [N in Name]?: T } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [N in Name]?: T });
}
