import type { WriteLine } from './emf.ts';

/** From what is most to what is least: `debug` includes all others. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What a log line says besides its message: places and figures. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Takes log lines. `Logger` of @aws-lambda-powertools/logger is one. */
export interface Logger {
  /** What one looks for when something is wrong: each batch, each firing. */
  debug(message: string, fields: LogFields): void;
  /** What happens now and then, and is as it should be. */
  info(message: string, fields: LogFields): void;
  /** What passes by itself, or was set aside. */
  warn(message: string, fields: LogFields): void;
  /** What does not pass by itself. */
  error(message: string, fields: LogFields): void;
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** What is written, where to, and with which time. */
export interface JsonLoggerOptions {
  /** The least level that is written. Default `info`. */
  readonly level?: LogLevel;
  readonly write: WriteLine;
  /** Wall time, ms. */
  readonly clock: () => number;
}

/** Lines of JSON: `timestamp`, `level` and `message` as Lambda reads them, and the fields. */
export function jsonLogger({ level: least = 'info', write, clock }: JsonLoggerOptions): Logger {
  const at = (level: LogLevel) => (message: string, fields: LogFields) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return;
    const timestamp = new Date(clock()).toISOString();
    write(JSON.stringify({ timestamp, level: level.toUpperCase(), message, ...fields }));
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** The level that somebody named in capitals or not; `undefined` if there is no such. */
export const logLevel = (name: string | undefined): LogLevel | undefined =>
  LEVELS.find((level) => level === name?.toLowerCase());
