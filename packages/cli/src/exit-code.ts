/** What the process answers with. The numbers are public: scripts branch on them (`sumac help exit-codes`). */
export const exitCode = {
  ok: 0,
  bug: 1,
  usage: 2,
  refused: 3,
  malformed: 4,
  unavailable: 5,
  device: 6,
  restart: 75,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** One line each, as the help page prints them. */
export const exitCodeMeaning: Readonly<Record<keyof typeof exitCode, string>> = {
  ok: "done, or accepted",
  bug: "a mistake in sumac itself; please report it",
  usage: "the command line is wrong, or it would overwrite something",
  refused: "well formed, but refused: signature, identity, rollback, digest, policy",
  malformed: "a file is not the format it should be",
  unavailable: "disk, network or server failed, or a file is not there",
  device: "the device failed: no bootable image, flash fault, failed update",
  restart: "the device agent ends so that the new image is started, as it was told to",
  interrupted: "stopped by a signal",
};
