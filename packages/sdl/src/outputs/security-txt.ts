import type { Product } from "../model/product.ts";

export interface SecurityTxtFacts {
  /** `https://vendor.example`, without a slash at the end. */
  readonly site: string;
  /** Milliseconds; RFC 9116 2.5.5 recommends less than a year from now. */
  readonly expires: number;
  /** Address of the disclosure policy. */
  readonly policy?: string;
}

/**
 * `/.well-known/security.txt` (RFC 9116) with the CSAF field of CSAF 2.0 7.1.8. What the product says in its files can
 * not begin another line.
 */
export function securityTxt(product: Product, { site, expires, policy }: SecurityTxtFacts): string {
  const languages = product.languages.filter((tag) => /^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/.test(tag));
  const fields: readonly (readonly [string, string | undefined])[] = [
    ["Contact", `mailto:${encodeURI(product.vendor.contact)}`],
    ["Expires", new Date(expires).toISOString()],
    ["Preferred-Languages", languages.length === 0 ? undefined : languages.join(", ")],
    ["Canonical", `${site}/.well-known/security.txt`],
    ["Policy", policy === undefined ? undefined : new URL(policy).href],
    ["CSAF", `${site}/.well-known/csaf/provider-metadata.json`],
  ];
  return fields.map(([name, value]) => (value === undefined ? "" : `${name}: ${value}\r\n`)).join("");
}
