const host = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;

/**
 * What links start with: the configured public URL, else the name that the device itself used, so that a mirror or a
 * port forward works without being told. Anything that is no host name is not repeated.
 */
export function baseUrl(hostHeader: string | undefined, publicUrl: string | undefined, listening: string): string {
  if (publicUrl !== undefined) return publicUrl;
  return hostHeader !== undefined && host.test(hostHeader) ? `http://${hostHeader}` : listening;
}
