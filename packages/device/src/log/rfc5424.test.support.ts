/** A strict reader of RFC 5424 section 6, for tests: throws on everything the grammar does not produce. */
export interface SyslogMessage {
  readonly facility: number;
  readonly severity: number;
  readonly timestamp: string | undefined;
  readonly hostname: string | undefined;
  readonly appName: string | undefined;
  readonly procId: string | undefined;
  readonly msgId: string | undefined;
  readonly data: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly message: string | undefined;
}

export function readSyslog(line: string): SyslogMessage {
  const reader = new Reader(line);
  reader.expect("<");
  const priority = reader.match(/0|[1-9][0-9]{0,2}/y, "PRIVAL");
  if (Number(priority) > 191) throw new Error(`PRIVAL ${priority}`);
  reader.expect(">");
  if (reader.match(/[1-9][0-9]{0,2}/y, "VERSION") !== "1") throw new Error("VERSION");
  reader.expect(" ");
  const timestamp = reader.nilOr(
    /[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])/y,
    "TIMESTAMP",
  );
  if (timestamp !== undefined && Number.isNaN(Date.parse(timestamp))) throw new Error(`TIMESTAMP ${timestamp}`);
  reader.expect(" ");
  const hostname = reader.nilOr(/[!-~]{1,255}/y, "HOSTNAME");
  reader.expect(" ");
  const appName = reader.nilOr(/[!-~]{1,48}/y, "APP-NAME");
  reader.expect(" ");
  const procId = reader.nilOr(/[!-~]{1,128}/y, "PROCID");
  reader.expect(" ");
  const msgId = reader.nilOr(/[!-~]{1,32}/y, "MSGID");
  reader.expect(" ");
  const data = readData(reader);
  const message = reader.ended ? undefined : reader.rest();
  const [facility, severity] = [Math.floor(Number(priority) / 8), Number(priority) % 8];
  return { facility, severity, timestamp, hostname, appName, procId, msgId, data, message };
}

const name = /[!#-<>-\\^-~]{1,32}/y;
const registered = new Set(["timeQuality", "origin", "meta"]);

function readData(reader: Reader): Map<string, Map<string, string>> {
  const data = new Map<string, Map<string, string>>();
  if (reader.take("-")) return data;
  if (!reader.at("[")) throw new Error("STRUCTURED-DATA");
  while (reader.take("[")) {
    const id = reader.match(name, "SD-ID");
    if (data.has(id)) throw new Error(`SD-ID ${id} twice`);
    const isPrivate = /^[^@]+@[0-9]+(\.[0-9]+)*$/.test(id);
    if (!isPrivate && !registered.has(id)) throw new Error(`SD-ID ${id} is not registered`);
    const parameters = new Map<string, string>();
    while (reader.take(" ")) {
      const parameter = reader.match(name, "PARAM-NAME");
      reader.expect('="');
      parameters.set(parameter, reader.match(/(?:[^"\\\]]|\\["\\\]])*/y, "PARAM-VALUE").replace(/\\(["\\\]])/g, "$1"));
      reader.expect('"');
    }
    reader.expect("]");
    data.set(id, parameters);
  }
  return data;
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get ended(): boolean {
    return this.#at === this.#text.length;
  }

  at(text: string): boolean {
    return this.#text.startsWith(text, this.#at);
  }

  take(text: string): boolean {
    if (!this.at(text)) return false;
    this.#at += text.length;
    return true;
  }

  expect(text: string): void {
    if (!this.take(text)) throw new Error(`no ${JSON.stringify(text)} at ${this.#at} of ${this.#text}`);
  }

  match(pattern: RegExp, what: string): string {
    pattern.lastIndex = this.#at;
    const [found] = pattern.exec(this.#text) ?? [];
    if (found === undefined) throw new Error(`no ${what} at ${this.#at} of ${this.#text}`);
    this.#at += found.length;
    return found;
  }

  nilOr(pattern: RegExp, what: string): string | undefined {
    if (this.at("- ")) {
      this.#at += 1;
      return undefined;
    }
    return this.match(pattern, what);
  }

  /** The message: behind one space. */
  rest(): string {
    this.expect(" ");
    return this.#text.slice(this.#at);
  }
}
