/** The SHA-256 digests of a CycloneDX JSON document, hex. */
export interface SbomDigests {
  /** Of its subject: the product itself. */
  readonly product: readonly string[];
  /** Of the product and of every component in it, at any depth. */
  readonly all: ReadonlySet<string>;
}

/** Undefined for anything whose components or digests cannot all be read: half an inventory is none. */
export function readSbomDigests(bytes: Uint8Array): SbomDigests | undefined {
  let bom: unknown;
  try {
    bom = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
  if (!isObject(bom) || bom["bomFormat"] !== "CycloneDX") return undefined;
  const { metadata, components } = bom;
  if (metadata !== undefined && !isObject(metadata)) return undefined;
  const subject = metadata?.["component"];
  const product = subject === undefined ? [] : hashesOf([subject]);
  const parts = components === undefined ? [] : hashesOf(components);
  return product === undefined || parts === undefined ? undefined : { product, all: new Set([...product, ...parts]) };
}

/** Walks without calling itself, since a file may nest as deeply as it likes. */
function hashesOf(list: unknown): readonly string[] | undefined {
  const digests: string[] = [];
  const waiting: unknown[] = [list];
  while (waiting.length > 0) {
    const components = waiting.pop();
    if (!Array.isArray(components)) return undefined;
    for (const component of components as readonly unknown[]) {
      if (!isObject(component)) return undefined;
      const { hashes = [], components: inner = [] } = component;
      if (!Array.isArray(hashes)) return undefined;
      for (const hash of hashes as readonly unknown[]) {
        if (!isObject(hash) || typeof hash["alg"] !== "string" || typeof hash["content"] !== "string") return undefined;
        if (hash["alg"] === "SHA-256") digests.push(hash["content"].toLowerCase());
      }
      waiting.push(inner);
    }
  }
  return digests;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
