/** Images for tests that need a program in them, made in an engine without any registry. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'vitest'
import { engineDocker, type EngineName } from './engine.ts'
import { setting } from './settings.ts'

/** Busybox with the docker CLI: a name that the policies of the tests cover. */
export const DOCKER_IMAGE = 'with-docker:latest'

/** Makes it, with docker 26 and what it is linked to. */
export async function makeDockerImage(engine: EngineName): Promise<void> {
  const program = setting('DOCKER')
  const linked = execFileSync('ldd', [program], { encoding: 'utf8' })
  const libraries = [...linked.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path)
  const files = [['/usr/bin/docker', program], ...libraries.map((path) => [path, path] as const)] as const
  const contents = Object.fromEntries(files.map(([path, from]) => [path, readFileSync(from)]))
  await makeImage(engine, DOCKER_IMAGE, 'busybox', contents, undefined)
}

function archiveOf(files: Readonly<Record<string, Buffer>>): Buffer {
  const tree = mkdtempSync(join(tmpdir(), 'dockgate-image-'))
  try {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(join(tree, dirname(path)), { recursive: true })
      writeFileSync(join(tree, path), content)
    }
    const words = ['--create', '--mode=755', '--owner=0', '--group=0', '--directory', tree]
    const names = Object.keys(files).map((path) => path.slice(1))
    return execFileSync('tar', [...words, ...names], { maxBuffer: 2 ** 30 })
  } finally {
    rmSync(tree, { recursive: true, force: true })
  }
}

/** Makes an image of another and files, which are programs. @param files by path */
export async function makeImage(
  engine: EngineName,
  name: string,
  base: string,
  files: Readonly<Record<string, Buffer>>,
  entrypoint: readonly string[] | undefined,
): Promise<void> {
  const archive = archiveOf(files)
  const made = (await engineDocker(engine, ['create', base, 'sh'])).stdout.trim()
  expect(await engineDocker(engine, ['cp', '-', `${made}:/`], { input: archive })).toMatchObject({ code: 0 })
  const start =
    entrypoint === undefined
      ? ['--change', 'CMD ["sh"]']
      : ['--change', `ENTRYPOINT ${JSON.stringify(entrypoint)}`, '--change', 'CMD []']
  expect(await engineDocker(engine, ['commit', ...start, made, name])).toMatchObject({ code: 0 })
  await engineDocker(engine, ['rm', made])
}
