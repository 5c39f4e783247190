/** The manual and the completions, by their paths in the repository. */
import { bashCompletion } from './bash.ts'
import { commandLine } from './command-line.ts'
import { fishCompletion } from './fish.ts'
import { policyPage } from './policy-page.ts'
import { programPage } from './program-page.ts'
import { zshCompletion } from './zsh.ts'

/** Each file, and what is in it. */
export async function manualFiles(): Promise<ReadonlyMap<string, string>> {
  const program = await commandLine()
  return new Map([
    ['packaging/man/dockgate.1', programPage(program)],
    ['packaging/man/dockgate-policy.5', policyPage()],
    ['packaging/completions/dockgate.bash', bashCompletion(program)],
    ['packaging/completions/_dockgate', zshCompletion(program)],
    ['packaging/completions/dockgate.fish', fishCompletion(program)],
  ])
}
