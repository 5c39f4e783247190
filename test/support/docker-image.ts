/** An image with busybox and the docker CLI, made in an engine without any registry. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'vitest'
import { engineDocker, type EngineName } from './engine.ts'
import { setting } from './settings.ts'

/** Its name, which the policies of the tests cover. */
export const DOCKER_IMAGE = 'with-docker:latest'

/** Makes the image, with docker 26 and what it is linked to. */
export async function makeDockerImage(engine: EngineName): Promise<void> {
  const tree = mkdtempSync(join(tmpdir(), 'dockgate-image-'))
  try {
    const program = setting('DOCKER')
    const linked = execFileSync('ldd', [program], { encoding: 'utf8' })
    const libraries = [...linked.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path)
    for (const path of libraries) {
      mkdirSync(join(tree, dirname(path)), { recursive: true })
      copyFileSync(path, join(tree, path))
    }
    mkdirSync(join(tree, 'usr/bin'), { recursive: true })
    copyFileSync(program, join(tree, 'usr/bin/docker'))
    const made = (await engineDocker(engine, ['create', 'busybox'])).stdout.trim()
    const archive = execFileSync('tar', ['--create', '--directory', tree, '.'], { maxBuffer: 2 ** 30 })
    expect(await engineDocker(engine, ['cp', '-', `${made}:/`], { input: archive })).toMatchObject({
      code: 0,
    })
    const commit = ['commit', '--change', 'CMD ["sh"]', made, DOCKER_IMAGE]
    expect(await engineDocker(engine, commit)).toMatchObject({ code: 0 })
    await engineDocker(engine, ['rm', made])
  } finally {
    rmSync(tree, { recursive: true, force: true })
  }
}
