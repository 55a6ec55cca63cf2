/** The OS group: what every device of SMP can be asked. `askParameters` has a file of its own. */
import { ok, type Result } from "@sumac/cbor";
import { type BootloaderMode, bootloaderMode, osCommand, smpGroup } from "./labels.ts";
import type { RequestFailure, SmpClient, SmpRequest } from "./smp-client.ts";
import { ask, askForRestart, type CommandFailure, type RestartBegun } from "./typed-request.ts";

const os = (operation: SmpRequest["operation"], id: number, body: SmpRequest["body"] = {}): SmpRequest => ({
  operation,
  group: smpGroup.os,
  id,
  body,
});

/** What came back, which need not be what was sent: that shows a line that loses bytes. */
export const echo = (client: SmpClient, text: string): Promise<Result<string, CommandFailure>> =>
  ask(client, os("write", osCommand.echo, { d: text }), (fields) => fields.exactText("r"));

/** `force`: even if the application would rather not. The answer comes before the reset, 250 ms and less. */
export const resetDevice = (
  client: SmpClient,
  how: "ask" | "force" = "ask",
): Promise<Result<RestartBegun, RequestFailure>> =>
  askForRestart(client, os("write", osCommand.reset, how === "force" ? { force: 1 } : {}));

/** RFC 3339 without a promise about its zone: what the device's clock says. */
export const readDateTime = (client: SmpClient): Promise<Result<string, CommandFailure>> =>
  ask(client, os("read", osCommand["date-time"]), (fields) => fields.text("datetime"));

/** `dateTime`: `yyyy-MM-dd'T'HH:mm:ss.SSSSSS` and a zone. */
export const writeDateTime = (client: SmpClient, dateTime: string): Promise<Result<undefined, CommandFailure>> =>
  ask(client, os("write", osCommand["date-time"], { datetime: dateTime }), () => undefined);

/** As `uname` prints it; `format` takes its letters, `a` for everything. */
export const readOsInformation = (client: SmpClient, format?: string): Promise<Result<string, CommandFailure>> =>
  ask(client, os("read", osCommand.information, { format }), (fields) => fields.text("output"));

export interface BootloaderInformation {
  readonly name: string;
  /** Absent: it does not say, or says a number that has no name. */
  readonly mode?: BootloaderMode;
  readonly downgrade: "prevented" | "not-prevented";
}

/** Asks which boot loader there is and then, if that is answered, for its mode. */
export async function readBootloader(client: SmpClient): Promise<Result<BootloaderInformation, CommandFailure>> {
  const id = osCommand["bootloader-information"];
  const name = await ask(client, os("read", id), (fields) => fields.text("bootloader"));
  if (!name.ok) return name;
  const mode = await ask(client, os("read", id, { query: "mode" }), (fields) => ({
    mode: modes.find((word) => bootloaderMode[word] === fields.integer("mode")),
    downgrade: fields.flags(["no-downgrade"]).length > 0 ? ("prevented" as const) : ("not-prevented" as const),
  }));
  if (!mode.ok && mode.error.code !== "device-error") return mode;
  const { mode: word, downgrade } = mode.ok ? mode.value : { mode: undefined, downgrade: "not-prevented" as const };
  return ok({ name: name.value, downgrade, ...(word === undefined ? {} : { mode: word }) });
}

const modes = Object.keys(bootloaderMode) as readonly BootloaderMode[];
