/** Mounts, made and taken away by the programs of util-linux. */
import { runProgram } from '../programs/run.ts'

/**
 * Runs one of them. Returns in a line why it failed; undefined where it did what it was to do.
 * @param descriptor handed on as number 3
 */
export async function runMount(
  program: 'mount' | 'umount',
  words: readonly string[],
  descriptor?: number,
): Promise<string | undefined> {
  const more = descriptor === undefined ? [] : [descriptor]
  const streams = ['none', 'pipe', 'pipe', ...more] as const
  const ran = await runProgram({ file: program, words: ['--no-canonicalize', ...words], streams }).catch(
    (cause: unknown) => {
      if (!(cause instanceof Error)) throw cause
      return cause
    },
  )
  if (ran instanceof Error) return `${program} can't be run: ${ran.message}`
  return ran.code === 0 ? undefined : (ran.stderr.trim().split('\n')[0] ?? '')
}
