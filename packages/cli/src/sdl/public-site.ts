/** Where the well-known addresses of a vendor are: the origin of its namespace, always by https. */
export function publicSite(address: string): string {
  const { host } = new URL(address);
  return `https://${host}`;
}
