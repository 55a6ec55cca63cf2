/** Numbers of SMP (the Simple Management Protocol of mcumgr), as Zephyr and MCUboot use them in 2026. */
export const smpOperation = { read: 0, "read-response": 1, write: 2, "write-response": 3 } as const;
export type SmpOperation = keyof typeof smpOperation;

export const smpGroup = { os: 0, image: 1, statistics: 2, settings: 3, log: 4, "file-system": 8, shell: 9 } as const;

export const osCommand = {
  echo: 0,
  "console-echo": 1,
  "task-statistics": 2,
  "memory-pools": 3,
  "date-time": 4,
  reset: 5,
  parameters: 6,
  information: 7,
  "bootloader-information": 8,
} as const;

/** How a boot loader puts an image into place, as it answers the question for its mode. */
export const bootloaderMode = {
  unknown: -1,
  "single-application": 0,
  "swap-with-scratch": 1,
  "overwrite-only": 2,
  "swap-without-scratch": 3,
  "direct-xip": 4,
  "direct-xip-with-revert": 5,
  "ram-loader": 6,
} as const;
export type BootloaderMode = keyof typeof bootloaderMode;

export const imageCommand = { state: 0, upload: 1, erase: 5, "slot-information": 6 } as const;

/** Bytes. */
export const smpHeaderLength = 8;
/** Version bits of the header: 0 is version 1, 1 is version 2. */
export const smpVersionBits = { 1: 0, 2: 1 } as const;
export type SmpVersion = keyof typeof smpVersionBits;

/** Answers of version 1, and of both versions for what no group has a number for (`mcumgr_err_t`). */
export const smpResult = [
  "ok",
  "unknown",
  "no-memory",
  "invalid-value",
  "timed-out",
  "no-entry",
  "bad-state",
  "message-too-large",
  "not-supported",
  "corrupt",
  "busy",
  "access-denied",
  "unsupported-too-old",
  "unsupported-too-new",
] as const;
export type SmpResult = (typeof smpResult)[number];

/** Answers of the OS group in version 2. */
export const osResult = [
  "ok",
  "unknown",
  "invalid-format",
  "query-yields-no-answer",
  "clock-not-set",
  "clock-command-failed",
  "query-response-not-valid",
] as const;
export type OsResult = (typeof osResult)[number];

/** Answers of the image group in version 2. */
export const imageResult = [
  "ok",
  "unknown",
  "flash-configuration-query-failed",
  "no-image",
  "no-tlvs",
  "invalid-tlv",
  "several-hashes",
  "invalid-tlv-size",
  "hash-not-found",
  "no-free-slot",
  "flash-open-failed",
  "flash-read-failed",
  "flash-write-failed",
  "flash-erase-failed",
  "invalid-slot",
  "no-free-memory",
  "flash-context-already-set",
  "flash-context-not-set",
  "no-flash-device",
  "invalid-page-offset",
  "invalid-offset",
  "invalid-length",
  "invalid-image-header",
  "invalid-image-magic",
  "invalid-hash",
  "invalid-flash-address",
  "version-not-readable",
  "current-version-is-newer",
  "image-already-pending",
  "invalid-vector-table",
  "image-too-large",
  "image-data-overrun",
  "confirmation-denied",
  "test-of-active-slot-denied",
] as const;
export type ImageResult = (typeof imageResult)[number];
