export { Agent, type Round, type RoundResult } from "./agent/agent.ts";
export * from "./agent/agent-event.ts";
export type { AgentPorts } from "./agent/agent-ports.ts";
export { envelopeArtifact } from "./agent/deployment-artifact.ts";
export * from "./ddi/ddi-client.ts";
export type { DdiToken, HttpAnswer, HttpPort, HttpRequest } from "./ddi/ddi-client-http.ts";
export type { DdiArtifact, DdiCancellation, DdiChunk, DdiDeployment, DdiPoll } from "./ddi/ddi-client-reply.ts";
export { faultyHttp, type LinkFault, type LinkFaultPorts } from "./ddi/faulty-http.ts";
export { armedSequence } from "./device/armed-sequence.ts";
export * from "./device/boot.ts";
export type { BootEvent, BootOutcome, DeviceParts, RecoveryReason, SlotProblems } from "./device/boot-device.ts";
export * from "./device/component-set.ts";
export type { ComponentsMisfit } from "./device/components-misfit.ts";
export * from "./device/device.ts";
export * from "./device/device-event.ts";
export { fileStagingLedger } from "./device/file-staging-ledger.ts";
export type { ComponentsIncomplete, InstallPlan, PayloadSource, PlannedImage } from "./device/install-plan.ts";
export * from "./device/offer.ts";
export * from "./device/staging-budget.ts";
export * from "./device/start-mark.ts";
export * from "./device/trusted-time.ts";
export * from "./explain.ts";
export type { Factory, FactoryRelease, Provisioned, ProvisionRefusal } from "./factory/provision.ts";
export { provisionUnit, type Unit, type UnitParts } from "./factory/provision-unit.ts";
export * from "./factory/provisioning-lot.ts";
export { fileProvisioningMark, type ProvisioningMark } from "./factory/provisioning-mark.ts";
export * from "./factory/provisioning-record.ts";
export * from "./files/file-system.ts";
export { readOnlyFiles } from "./files/read-only-files.ts";
export { type BlockPool, BranchFlash, type FlashBlocks } from "./flash/branch-flash.ts";
export { FaultyFlash, type FlashFault, type FlashFaultPorts } from "./flash/faulty-flash.ts";
export * from "./flash/flash.ts";
export * from "./flash/flash-layout.ts";
export { FlashSlots } from "./flash/flash-slots.ts";
export { MemoryFlash } from "./flash/memory-flash.ts";
export { PacedFlash } from "./flash/paced-flash.ts";
export * from "./flash/simulated-device.ts";
export { commandPointer, type PointerCommands } from "./installer/command-pointer.ts";
export {
  type Command,
  type CommandEnd,
  type CommandFacts,
  type CommandRunner,
  endedWell,
  fillCommand,
  howItEnded,
} from "./installer/command-runner.ts";
export { CommandSlots, type CommandSlotsOptions } from "./installer/command-slots.ts";
export * from "./integrity/integrity-check.ts";
export * from "./integrity/integrity-watch.ts";
export * from "./integrity/self-test.ts";
export * from "./integrity/self-test-verdict.ts";
export * from "./log/event-log.ts";
export { type DeviceWordProblem, explainDeviceWord } from "./log/explain-log.ts";
export { type FileLogShape, FileLogStore, gatewayLog, readLogFile } from "./log/file-log-store.ts";
export {
  type FlashLogRegion,
  FlashLogStore,
  logRegionSize,
  planFlashLog,
} from "./log/flash-log-store.ts";
export { agentLogEntries, backupFacts, deviceLogEntries, refusalFacts } from "./log/log-event.ts";
export * from "./log/log-head.ts";
export {
  exportLines,
  type LogExportVerdict,
  type LogHeadMissing,
  type LogLineMalformed,
  readExportHead,
  verifyExport,
} from "./log/log-json.ts";
export type { ChainPlace, LogEntry, LogFacts, LogRecord } from "./log/log-record.ts";
export type { LogStore, RingTail, StoredPiece } from "./log/log-store.ts";
export { exampleEnterprise, type SyslogOptions, syslogLine } from "./log/log-syslog.ts";
export * from "./log/log-type.ts";
export type { LogGap, LogProblem, LogVerdict, RecordPlace, SoundLog } from "./log/verify-log.ts";
export { verifyStoredLog } from "./log/verify-stored-log.ts";
export { type BackupEnd, runBackup } from "./operator/backup-command.ts";
export type { BackupFileFault } from "./operator/backup-file.ts";
export type { BackupRecord } from "./operator/backup-record.ts";
export type { InstallSubject, InstallWait } from "./operator/install-wait.ts";
export {
  type ActiveOverride,
  barsOf,
  judgeOverride,
  type OverridableBar,
  type Override,
  type OverrideRefusal,
  type OverrideRules,
  overridableBars,
  overrideName,
  overrideReason,
  parseOverride,
  serializeOverride,
} from "./operator/override.ts";
export { OverrideDesk, type OverrideDeskPorts, overrideFile } from "./operator/override-desk.ts";
export * from "./operator/override-event.ts";
export { readOverrideLedger } from "./operator/override-ledger.ts";
export * from "./operator/policy.ts";
export {
  type BackupInvalid,
  type BackupPlace,
  backupRecordFile,
  checkBackup,
  signBackup,
} from "./operator/signed-backup.ts";
export * from "./power-cut/power-cut.ts";
export type { PowerCutFinding, PowerCutProblem } from "./power-cut/power-cut-judge.ts";
export { judgeEventLog, logRotation, withEventLog } from "./power-cut/power-cut-log.ts";
export * from "./power-cut/power-cut-scenario.ts";
export type {
  PowerCutScene,
  PowerCutScript,
  PowerCutSubject,
  PoweredDevice,
  Release,
} from "./power-cut/power-cut-scene.ts";
export { powerCutScripts } from "./power-cut/power-cut-script.ts";
export * from "./power-cut/power-cut-sweep.ts";
export * from "./power-cut/power-cut-trust-script.ts";
export { rememberVerdicts } from "./power-cut/remembered-verdicts.ts";
export type { TargetRepository } from "./repository/listed-target.ts";
export { byRepository, type RepositoryRefusal } from "./repository/repository-refusal.ts";
export {
  GatewaySecondary,
  type SecondaryPorts,
  type SecondaryResult,
  type SecondaryRound,
  type SecondaryStatus,
} from "./serial/gateway-secondary.ts";
export type { McubootBooted, SwapType } from "./serial/mcuboot-boot.ts";
export { McubootRecovery, type McubootRecoveryOptions, mcubootLongestMessage } from "./serial/mcuboot-recovery.ts";
export { McubootSecondary, type McubootSecondaryPorts } from "./serial/mcuboot-secondary.ts";
export { McubootSlots, mcubootGeometry, mcubootSizes } from "./serial/mcuboot-slots.ts";
export { type SecondaryEvent, secondaryLogEntry } from "./serial/secondary-event.ts";
export { fileSecondaryLedger, type SecondaryLedger, type SecondaryRelease } from "./serial/secondary-ledger.ts";
export type { SecondaryPeer, SecondaryStep, SecondaryWait } from "./serial/secondary-peer.ts";
export type { SmpDevicePorts } from "./serial/smp-device.ts";
export { longestMessageIn, type SmpDeviceBuffer, SmpDeviceHandler } from "./serial/smp-device-handler.ts";
export { SumacSecondary, type SumacSecondaryPorts } from "./serial/sumac-secondary.ts";
export { currentLink } from "./slots/current-link.ts";
export { FileSlots, type FileSlotsOptions } from "./slots/file-slots.ts";
export * from "./slots/slot.ts";
export type { ComponentImage, SlotImage, SlotProblem, TrialsExhausted } from "./slots/slot-check.ts";
export {
  type ComponentSlot,
  componentsOf,
  type SlotContent,
  type SlotPosition,
  type SlotStaging,
  type Slots,
  type SlotWriter,
} from "./slots/slots.ts";
export type { ImageSource, RemotePayload } from "./slots/stage-update.ts";
export type { StartPointer } from "./slots/start-pointer.ts";
export { CopiedStateStore } from "./state/copied-state-store.ts";
export { FileState } from "./state/file-state.ts";
export { FlashState } from "./state/flash-state.ts";
export { OrderedStateStore } from "./state/ordered-state-store.ts";
export { SealingStateStore } from "./state/sealing-state-store.ts";
export * from "./state/state.ts";
export * from "./state/state-store.ts";
export * from "./statement/device-key.ts";
export {
  deviceReport,
  type ReportedOutcome,
  type ReportedUpdateBytes,
  type ReportImpossible,
  runningReport,
} from "./statement/device-report.ts";
export type { StatementRefusal } from "./statement/device-statement.ts";
export * from "./statement/inventory.ts";
export type { OwnRefusal, TrustChange, TrustSource } from "./trust/trust-change.ts";
export type { UnusableTrustRecord } from "./trust/trust-in-force.ts";
export { maxTrustRecordBytes, type TrustOffer, type TrustUpdateRefusal } from "./trust/trust-update.ts";
export * from "./unavailable.ts";
