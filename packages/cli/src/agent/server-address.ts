/** Of a server, and of nothing else: http or https, without user, password, query or fragment. */
export function isServerAddress(text: string): boolean {
  const url = URL.parse(text);
  return (
    url !== null && /^https?:$/.test(url.protocol) && `${url.username}${url.password}${url.search}${url.hash}` === ""
  );
}
