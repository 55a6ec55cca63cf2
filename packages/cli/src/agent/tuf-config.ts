import type { FactoryMinimum } from "@sumac/tuf";
import type { ConfigReader, Field } from "./config-reader.ts";
import { isServerAddress } from "./server-address.ts";

export interface TufConfig {
  /** File of the root that the device came with. */
  readonly root: string;
  readonly url: string;
  /** Versions that the maker of the device knew to exist. */
  readonly minimum: FactoryMinimum | undefined;
}

/** The tree lies on the update server, unless another place is named. */
export function readTuf(reader: ConfigReader, field: Field, server: string): TufConfig {
  const map = reader.map(field, ["root", "url", "minimum"]);
  const url = map.optional("url");
  const minimum = map.optional("minimum");
  if (url !== undefined && !isServerAddress(reader.text(url))) {
    reader.refuse(url, "is not an address", "write https://host/tuf, without user, password or query");
  }
  return {
    root: reader.path(map.required("root")),
    url: url === undefined ? `${server.replace(/\/+$/, "")}/tuf` : reader.text(url),
    minimum: minimum === undefined ? undefined : readMinimum(reader, minimum),
  };
}

function readMinimum(reader: ConfigReader, field: Field): FactoryMinimum {
  const map = reader.map(field, ["root", "timestamp", "snapshot", "roles"]);
  const version = (at: Field): number => reader.whole(at, { least: 1, most: 999_999_999 });
  const top = (key: "root" | "timestamp" | "snapshot"): Partial<FactoryMinimum> => {
    const at = map.optional(key);
    return at === undefined ? {} : { [key]: version(at) };
  };
  const roles = map.optional("roles");
  const listed = roles === undefined ? [] : reader.list(roles);
  return {
    ...top("root"),
    ...top("timestamp"),
    ...top("snapshot"),
    roles: new Map(
      listed.map((each) => {
        const entry = reader.map(each, ["role", "version"]);
        return [reader.text(entry.required("role")), version(entry.required("version"))];
      }),
    ),
  };
}
