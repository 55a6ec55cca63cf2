/** The name a registry gives to a number, or undefined. */
export function nameOf<Name extends string>(registry: Readonly<Record<Name, number>>, label: number): Name | undefined {
  let names = namesByLabel.get(registry) as ReadonlyMap<number, Name> | undefined;
  if (names === undefined) {
    names = new Map((Object.keys(registry) as Name[]).map((name) => [registry[name], name]));
    namesByLabel.set(registry, names);
  }
  return names.get(label);
}

/** The registries turned round, each once: every key and command of a manifest is looked up. */
const namesByLabel = new WeakMap<object, ReadonlyMap<number, string>>();
