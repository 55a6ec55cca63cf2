export { Agent, type Round, type RoundResult } from "./agent.ts";
export * from "./agent-event.ts";
export type { AgentPorts } from "./agent-ports.ts";
export { armedSequence } from "./armed-sequence.ts";
export { type BackupEnd, runBackup } from "./backup-command.ts";
export type { BackupFileFault } from "./backup-file.ts";
export type { BackupRecord } from "./backup-record.ts";
export * from "./boot.ts";
export type { BootEvent, BootOutcome, DeviceParts, RecoveryReason, SlotProblems } from "./boot-device.ts";
export { type BlockPool, BranchFlash, type FlashBlocks } from "./branch-flash.ts";
export { commandPointer, type PointerCommands } from "./command-pointer.ts";
export {
  type Command,
  type CommandEnd,
  type CommandFacts,
  type CommandRunner,
  endedWell,
  fillCommand,
  howItEnded,
} from "./command-runner.ts";
export { CommandSlots, type CommandSlotsOptions } from "./command-slots.ts";
export * from "./component-set.ts";
export type { ComponentsMisfit } from "./components-misfit.ts";
export { CopiedStateStore } from "./copied-state-store.ts";
export { currentLink } from "./current-link.ts";
export * from "./ddi-client.ts";
export type { DdiToken, HttpAnswer, HttpPort, HttpRequest } from "./ddi-client-http.ts";
export type { DdiArtifact, DdiCancellation, DdiChunk, DdiDeployment, DdiPoll } from "./ddi-client-reply.ts";
export { envelopeArtifact } from "./deployment-artifact.ts";
export * from "./device.ts";
export * from "./device-event.ts";
export * from "./device-key.ts";
export {
  deviceReport,
  type ReportedOutcome,
  type ReportedUpdateBytes,
  type ReportImpossible,
  runningReport,
} from "./device-report.ts";
export type { StatementRefusal } from "./device-statement.ts";
export * from "./event-log.ts";
export * from "./explain.ts";
export { type DeviceWordProblem, explainDeviceWord } from "./explain-log.ts";
export { FaultyFlash, type FlashFault, type FlashFaultPorts } from "./faulty-flash.ts";
export { faultyHttp, type LinkFault, type LinkFaultPorts } from "./faulty-http.ts";
export { type FileLogShape, FileLogStore, gatewayLog, readLogFile } from "./file-log-store.ts";
export { FileSlots, type FileSlotsOptions } from "./file-slots.ts";
export { fileStagingLedger } from "./file-staging-ledger.ts";
export { FileState } from "./file-state.ts";
export * from "./file-system.ts";
export * from "./flash.ts";
export * from "./flash-layout.ts";
export {
  type FlashLogRegion,
  FlashLogStore,
  logRegionSize,
  planFlashLog,
} from "./flash-log-store.ts";
export { FlashSlots } from "./flash-slots.ts";
export { FlashState } from "./flash-state.ts";
export {
  GatewaySecondary,
  type SecondaryPorts,
  type SecondaryResult,
  type SecondaryRound,
  type SecondaryStatus,
} from "./gateway-secondary.ts";
export type { ComponentsIncomplete, InstallPlan, PayloadSource, PlannedImage } from "./install-plan.ts";
export type { InstallSubject, InstallWait } from "./install-wait.ts";
export * from "./integrity-check.ts";
export * from "./integrity-watch.ts";
export * from "./inventory.ts";
export type { TargetRepository } from "./listed-target.ts";
export { agentLogEntries, backupFacts, deviceLogEntries, refusalFacts } from "./log-event.ts";
export * from "./log-head.ts";
export {
  exportLines,
  type LogExportVerdict,
  type LogHeadMissing,
  type LogLineMalformed,
  readExportHead,
  verifyExport,
} from "./log-json.ts";
export type { ChainPlace, LogEntry, LogFacts, LogRecord } from "./log-record.ts";
export type { LogStore, RingTail, StoredPiece } from "./log-store.ts";
export { exampleEnterprise, type SyslogOptions, syslogLine } from "./log-syslog.ts";
export * from "./log-type.ts";
export type { McubootBooted, SwapType } from "./mcuboot-boot.ts";
export { McubootRecovery, type McubootRecoveryOptions, mcubootLongestMessage } from "./mcuboot-recovery.ts";
export { McubootSecondary, type McubootSecondaryPorts } from "./mcuboot-secondary.ts";
export { McubootSlots, mcubootGeometry, mcubootSizes } from "./mcuboot-slots.ts";
export { MemoryFlash } from "./memory-flash.ts";
export * from "./offer.ts";
export { OrderedStateStore } from "./ordered-state-store.ts";
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
} from "./override.ts";
export { OverrideDesk, type OverrideDeskPorts, overrideFile } from "./override-desk.ts";
export * from "./override-event.ts";
export { readOverrideLedger } from "./override-ledger.ts";
export { PacedFlash } from "./paced-flash.ts";
export * from "./policy.ts";
export * from "./power-cut.ts";
export type { PowerCutFinding, PowerCutProblem } from "./power-cut-judge.ts";
export { judgeEventLog, logRotation, withEventLog } from "./power-cut-log.ts";
export * from "./power-cut-scenario.ts";
export type { PowerCutScene, PowerCutScript, PowerCutSubject, PoweredDevice, Release } from "./power-cut-scene.ts";
export { powerCutScripts } from "./power-cut-script.ts";
export * from "./power-cut-sweep.ts";
export * from "./power-cut-trust-script.ts";
export type { Factory, FactoryRelease, Provisioned, ProvisionRefusal } from "./provision.ts";
export { provisionUnit, type Unit, type UnitParts } from "./provision-unit.ts";
export * from "./provisioning-lot.ts";
export { fileProvisioningMark, type ProvisioningMark } from "./provisioning-mark.ts";
export * from "./provisioning-record.ts";
export { readOnlyFiles } from "./read-only-files.ts";
export { rememberVerdicts } from "./remembered-verdicts.ts";
export { byRepository, type RepositoryRefusal } from "./repository-refusal.ts";
export { SealingStateStore } from "./sealing-state-store.ts";
export { type SecondaryEvent, secondaryLogEntry } from "./secondary-event.ts";
export { fileSecondaryLedger, type SecondaryLedger, type SecondaryRelease } from "./secondary-ledger.ts";
export type { SecondaryPeer, SecondaryStep, SecondaryWait } from "./secondary-peer.ts";
export * from "./self-test.ts";
export * from "./self-test-verdict.ts";
export { type BackupInvalid, type BackupPlace, backupRecordFile, checkBackup, signBackup } from "./signed-backup.ts";
export * from "./simulated-device.ts";
export * from "./slot.ts";
export type { ComponentImage, SlotImage, SlotProblem, TrialsExhausted } from "./slot-check.ts";
export {
  type ComponentSlot,
  componentsOf,
  type SlotContent,
  type SlotPosition,
  type SlotStaging,
  type Slots,
  type SlotWriter,
} from "./slots.ts";
export type { SmpDevicePorts } from "./smp-device.ts";
export { longestMessageIn, type SmpDeviceBuffer, SmpDeviceHandler } from "./smp-device-handler.ts";
export type { ImageSource, RemotePayload } from "./stage-update.ts";
export * from "./staging-budget.ts";
export * from "./start-mark.ts";
export type { StartPointer } from "./start-pointer.ts";
export * from "./state.ts";
export * from "./state-store.ts";
export { SumacSecondary, type SumacSecondaryPorts } from "./sumac-secondary.ts";
export type { OwnRefusal, TrustChange, TrustSource } from "./trust-change.ts";
export type { UnusableTrustRecord } from "./trust-in-force.ts";
export { maxTrustRecordBytes, type TrustOffer, type TrustUpdateRefusal } from "./trust-update.ts";
export * from "./trusted-time.ts";
export * from "./unavailable.ts";
export type { LogGap, LogProblem, LogVerdict, RecordPlace, SoundLog } from "./verify-log.ts";
export { verifyStoredLog } from "./verify-stored-log.ts";
