/** What core tells people beside errors it throws: a port, filled by the program around it. */

/** Structured words for people. `fields` never hold payloads. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}
export type LogFields = Readonly<Record<string, unknown>>;

/** Says nothing of progress, and troubles as Node process warnings: the default of a library. */
export const warningLogger: Logger = Object.freeze({
  debug: () => undefined,
  info: () => undefined,
  warn: (message: string) => process.emitWarning(message, "MillraceWarning"),
  error: (message: string) => process.emitWarning(message, "MillraceWarning"),
});
