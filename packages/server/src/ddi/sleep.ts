const longest = 23 * 3600 + 59 * 60 + 59;

/**
 * The poll interval as DDI writes it, `HH:mm:ss`, spread by a tenth either way so that a fleet does not poll in step.
 * `spread` is from 0 to 1. Never 24 h or more: clients then fail the whole poll (server.md 3).
 */
export function pollingSleep(seconds: number, spread: number): string {
  const jittered = Math.round(seconds * (0.9 + 0.2 * spread));
  const bounded = Math.min(longest, Math.max(1, jittered));
  const parts = [Math.floor(bounded / 3600), Math.floor(bounded / 60) % 60, bounded % 60];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}
