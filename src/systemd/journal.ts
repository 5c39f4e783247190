/**
 * Priorities of lines in the journal: it takes the number in front of each (sd-daemon(3)), and has every line as information without.
 * Nothing is put before lines that go elsewhere.
 */
import { fstatSync } from 'node:fs'
import type { SystemdEnvironment } from './environment.ts'

export type Level = 'error' | 'warning' | 'notice' | 'information'

const PRIORITIES: Readonly<Record<Level, number>> = { error: 3, warning: 4, notice: 5, information: 6 }

/** Whether a descriptor leads to the journal: what systemd connected may have been led elsewhere since. */
export function isJournal(descriptor: number, { JOURNAL_STREAM }: SystemdEnvironment): boolean {
  if (JOURNAL_STREAM === undefined) return false
  try {
    const { dev, ino } = fstatSync(descriptor, { bigint: true })
    return JOURNAL_STREAM === `${dev}:${ino}`
  } catch {
    // It is closed.
    return false
  }
}

/** Puts a level before each line. */
export function withLevel(text: string, level: Level): string {
  return text.replaceAll(/^(?=[^\n])/gm, `<${PRIORITIES[level]}>`)
}
