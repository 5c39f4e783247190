/** Programs that take the SSH door for a login shell, known by what they send first. */

export type ForeignBackend = 'hermes' | 'shell' | 'copy'

const SENT: readonly (readonly [RegExp, ForeignBackend])[] = [
  // What Hermes' ssh terminal backend sends to set itself up.
  [/^echo \$HOME$|\.hermes|^tar x[a-z]* - /, 'hermes'],
  [/^(?:\S*\/)?(?:bash|sh|zsh|dash)(?: |$)/, 'shell'],
  [/^(?:\S*\/)?(?:scp|rsync|sftp-server|internal-sftp|git-(?:upload|receive)-pack)(?: |$)/, 'copy'],
]

/** The program behind a line that is not a command for this door, or undefined. */
export function foreignBackend(line: string): ForeignBackend | undefined {
  // The docker command line may hold any of it in a quoted word.
  if (/^(?:(?:dockgate )?can )?(?:sudo (?:-n )?)?(?:\S*\/)?docker /.test(line)) return undefined
  return SENT.find(([form]) => form.test(line))?.[1]
}

/** What to do instead. */
export const FOREIGN: Readonly<
  Record<ForeignBackend, { readonly why: string; readonly instead: readonly string[] }>
> = {
  hermes: {
    why: "this account has no shell, which Hermes' ssh backend needs",
    instead: ['set terminal.backend: local, and run ssh HOST docker ps from there', 'the MCP door'],
  },
  shell: {
    why: 'this account has no shell; one command at a time is run, without one',
    instead: ['the command itself, as docker ps', "docker run IMAGE sh -c '...'"],
  },
  copy: {
    why: 'this account takes and gives no files',
    instead: [
      'docker build - with the context on standard input',
      "a folder of the policy's that containers mount",
    ],
  },
}
