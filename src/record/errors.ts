/** Every way the store fails, each with the exit code of a command that meets it. */

/** What the store's errors have in common: a message that names the place, the cause and what to do. */
export class StoreError extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode: number, cause?: unknown) {
    super(message, { cause })
    this.name = new.target.name
    this.exitCode = exitCode
  }
}

/** There is no record where one was looked for. */
export class StoreMissing extends StoreError {
  constructor(directory: string) {
    super(`no record in ${directory}; name the gate's state directory with --state`, 66)
  }
}

/** The store can't be read or written now: disk full, read-only, locked. May pass by itself. */
export class StoreUnavailable extends StoreError {
  constructor(directory: string, why: string, cause?: unknown) {
    super(`the record in ${directory} cannot be used: ${why}`, 74, cause)
  }
}

/** What a worker is told whose call can't be recorded. */
export function toldUnavailable({ message }: StoreUnavailable): string {
  return `nothing is done that can't be recorded: ${message}`
}

/** The store's files are damaged, or don't belong together. Needs a person. */
export class StoreBroken extends StoreError {
  /** What is damaged, without place and advice. */
  readonly why: string

  constructor(directory: string, why: string, cause?: unknown) {
    super(
      `the record in ${directory} is damaged: ${why}; 'dockgate audit verify' may say more. Keep a copy of the ` +
        'directory, then put it back whole from a backup, or move it away to begin a new record',
      74,
      cause,
    )
    this.why = why
  }
}

/** The record is not what the gate signed last: something else wrote to it, or put back an older one. A person decides how to go on. */
export class StoreAltered extends StoreError {
  constructor(directory: string, why: string) {
    super(
      `the record in ${directory} is not as the gate left it: ${why}. Keep a copy of the directory, and see what ` +
        "'dockgate audit verify' says; then put it back whole from a backup, or let the gate go on with what is there: " +
        "'dockgate audit accept' puts that on record",
      74,
    )
  }
}

export const SQLITE_BUSY = 5
export const SQLITE_CANNOT_OPEN = 14
const SQLITE_ERROR = 1
const SQLITE_CORRUPT = 11
const SQLITE_NOT_A_DATABASE = 26

/** Reasons by SQLite's primary result code. */
const sqliteReasons: Readonly<Record<number, string>> = {
  3: 'permission is missing',
  5: 'another process holds it locked',
  8: 'it is read-only',
  10: 'the disk reports an I/O error',
  13: 'the disk is full',
  14: 'the database file cannot be opened',
}

const systemReasons: Readonly<Record<string, string>> = {
  EACCES: 'permission is missing',
  EDQUOT: 'the disk quota is used up',
  ENOSPC: 'the disk is full',
  EPERM: 'permission is missing',
  EROFS: 'it is read-only',
}

/** Why the store can't be used, from an error of SQLite or of the file system. */
export function storeUnavailable(directory: string, error: unknown): StoreUnavailable {
  const reason = sqliteReasons[sqliteCode(error)] ?? systemReasons[String(property(error, 'code'))]
  const message = error instanceof Error ? error.message : String(error)
  return new StoreUnavailable(directory, reason === undefined ? message : `${reason} (${message})`, error)
}

/** The error to give for one met while opening or reading; one that is already the store's own stays as it is. */
export function storeError(directory: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error
  const code = sqliteCode(error)
  // A missing table or column, or a value of another type, is damage too.
  const isDamage = code === SQLITE_CORRUPT || code === SQLITE_NOT_A_DATABASE || code === SQLITE_ERROR
  if (isDamage || error instanceof TypeError || error instanceof RangeError) {
    return new StoreBroken(directory, `dockgate.db: ${error instanceof Error ? error.message : ''}`, error)
  }
  return storeUnavailable(directory, error)
}

/** SQLite's primary result code of an error, 0 where it has none. */
export function sqliteCode(error: unknown): number {
  const code = property(error, 'errcode')
  return typeof code === 'number' ? code & 0xff : 0
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
