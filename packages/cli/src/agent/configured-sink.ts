import { exampleEnterprise, type NoticeSink } from "@sumac/device";
import { commandNoticeSink, fileNoticeSink, syslogNoticeSink } from "@sumac/device/node";
import type { NotifyConfig } from "./agent-config.ts";

/** Where findings of the integrity check are told. */
export function sinkOf(notify: NotifyConfig): NoticeSink {
  switch (notify.kind) {
    case "file":
      return fileNoticeSink(notify.file);
    case "command":
      return commandNoticeSink({ command: notify.command.argv, timeoutMs: notify.command.timeoutMs });
    case "syslog":
      return syslogNoticeSink({ ...notify, enterprise: exampleEnterprise });
  }
}
