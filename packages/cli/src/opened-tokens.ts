const closers: (() => void)[] = [];

/** Tokens stay open while a command signs; whoever ends the command closes them. */
export const closeAtEnd = (close: () => void): void => void closers.push(close);

/** Logs out of every token that was opened. */
export function closeTokens(): void {
  for (const close of closers.splice(0)) close();
}
