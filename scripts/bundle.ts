import { fileURLToPath } from 'node:url'
import { rolldown, type OutputOptions } from 'rolldown'

const ENTRY = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/**
 * Bundles the program with all that it imports. Returns the folders of the packages that are in it.
 * @throws for what the bundler only warns of: it could fail where it is run
 */
export async function bundle(output: OutputOptions): Promise<readonly string[]> {
  const build = await rolldown({
    input: ENTRY,
    platform: 'node',
    onLog: (level, { message }) => {
      if (level === 'warn') throw new Error(`the bundle: ${message}`)
    },
  })
  const { output: written } = await build.write(output)
  await build.close()
  const packages = written
    .flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []))
    .flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? [])
  return [...new Set(packages)].toSorted()
}
