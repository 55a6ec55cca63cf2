/** Below the path of --server, for servers that do not live at the root of theirs. */
export const apiUrl = (server: URL, name: string): URL => {
  const url = new URL(server);
  url.pathname = `${server.pathname.replace(/\/+$/, "")}/api/v1/${name}`;
  url.search = "";
  url.hash = "";
  return url;
};
