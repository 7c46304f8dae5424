/** What a database's refusal of a statement means to a caller. */
import { type ErrorCode, MillraceError } from "@millrace/core";

/** A database error as plain data, so that it can cross threads. Never carries values of rows. */
export interface SqlFailure {
  readonly message: string;
  readonly sqlState: string;
  readonly constraint?: string | undefined;
  readonly table?: string | undefined;
  readonly column?: string | undefined;
}

/** The parts of a driver's error that matter here. */
export interface DatabaseErrorLike {
  readonly message?: string | undefined;
  readonly code?: string | undefined;
  readonly constraint?: string | undefined;
  readonly table?: string | undefined;
  readonly column?: string | undefined;
}

/** Takes what matters out of a driver's error. */
export function toSqlFailure(error: DatabaseErrorLike): SqlFailure {
  return {
    message: error.message ?? "unknown error",
    sqlState: error.code ?? "XX000",
    constraint: error.constraint,
    table: error.table,
    column: error.column,
  };
}

/** The error a caller sees; `where` names the database (a directory, or host:port/name). */
export function sqlError(failure: SqlFailure, where: string, cause?: unknown): MillraceError {
  const code = codeOf(failure.sqlState);
  const message = `${sentenceOf(code, where)} ${failure.message} (SQLSTATE ${failure.sqlState}).${adviceFor(code)}`;
  return new MillraceError(code, message, { cause, details: { ...failure, where } });
}

function codeOf(sqlState: string): ErrorCode {
  if (sqlState === "53100") return "store-full";
  if (sqlState === "57014") return "deadline-exceeded";
  if (isUnreachable(sqlState)) return "store-unreachable";
  return "store-failed";
}

/** Connection exceptions, refused log-ins, a missing database, too many connections, a server going down. */
function isUnreachable(sqlState: string): boolean {
  return /^(08|28|3D000|53300|57P0)/.test(sqlState);
}

function sentenceOf(code: ErrorCode, where: string): string {
  switch (code) {
    case "store-full":
      return `The disk of the store at ${where} is full:`;
    case "store-unreachable":
      return `The store at ${where} cannot be reached:`;
    case "deadline-exceeded":
      return `A statement on the store at ${where} took too long:`;
    default:
      return `The store at ${where} refused a statement:`;
  }
}

function adviceFor(code: ErrorCode): string {
  switch (code) {
    case "store-full":
      return " Free some space and try again; nothing committed is lost.";
    case "store-unreachable":
      return " Check that the server runs and that the URL, user and database are right.";
    default:
      return "";
  }
}
