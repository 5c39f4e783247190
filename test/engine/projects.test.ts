/** Compose projects in the shape that people write them, through the gate: the files are in projects/. */
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { docker, type CommandResult } from '../support/docker.ts'
import { engineDocker, onEngines } from '../support/engine.ts'
import { freshName, gateForAll } from '../support/everything.ts'
import { workDirectory } from '../support/policy.ts'
import { setting } from '../support/settings.ts'

const projects = fileURLToPath(new URL('projects/', import.meta.url))

describe.each(onEngines('new', 'old'))('a shop on the %s engine', (engine) => {
  const shared = gateForAll(engine, { allow: ['compose'], exec: { own: '*' } })

  test(
    'is built, comes up in order, scales, is looked into, changes and goes without a trace',
    { timeout: 300_000 },
    async () => {
      const project = freshName('shop')
      const image = `${setting('REGISTRY')}/team/${project}:1`
      const directory = join(workDirectory(shared.gate.directory), project)
      cpSync(join(projects, 'shop'), directory, { recursive: true })
      const compose = (...args: readonly string[]): Promise<CommandResult> =>
        docker(shared.gate, ['compose', '--ansi', 'never', ...args], {
          cwd: directory,
          timeout: 120_000,
          env: { DOCKER_BUILDKIT: '0', PROJECT: project, IMAGE: image },
        })
      const inside = async (service: string, ...words: readonly string[]): Promise<string> =>
        (await compose('exec', '-T', service, ...words)).stdout

      expect(await compose('config', '--quiet')).toMatchObject({ code: 0 })
      expect(await compose('build')).toMatchObject({ code: 0 })
      expect(await compose('up', '-d', '--wait-timeout', '90')).toMatchObject({ code: 0 })

      // Each is what its file says: build arguments, configs, secrets, env_file, aliases, volumes, what ran before.
      expect(await inside('web', 'wget', '-qO-', 'http://127.0.0.1:8080/')).toBe('welcome to the shop\n')
      expect(await inside('web', 'cat', '/www/site.conf')).toBe(`name = ${project}\n`)
      expect(await inside('web', 'id', '-u')).toBe('1000\n')
      expect(await inside('web', 'wget', '-qO-', 'http://database:5432/migrated')).toBe(
        'shop with open sesame\n',
      )
      expect(await inside('cache', 'sh', '-c', 'touch /x || echo read-only')).toBe('read-only\n')
      const port = (await compose('port', 'web', '8080')).stdout.trim()
      expect(port).toMatch(/^127\.0\.0\.1:21[0-9]{3}$/)
      const page = await fetch(`http://${port}/`)
      expect(await page.text()).toBe('welcome to the shop\n')

      const working = async (): Promise<number> =>
        (await compose('ps', '-q', 'worker')).stdout.split('\n').filter(Boolean).length
      expect(await working()).toBe(2)
      expect(await compose('up', '-d', '--no-recreate', '--scale', 'worker=3')).toMatchObject({ code: 0 })
      expect(await working()).toBe(3)
      expect((await compose('logs', '--no-log-prefix', 'worker')).stdout.match(/working as/g)).toHaveLength(3)
      expect(await compose('up', '-d', '--no-recreate', '--scale', 'worker=1')).toMatchObject({ code: 0 })
      expect(await working()).toBe(1)

      // What has a profile is there when it is asked for.
      expect((await compose('ps', '-a', '--services')).stdout).not.toContain('console')
      expect(await compose('--profile', 'debug', 'run', '--rm', '-T', 'console')).toMatchObject({
        code: 0,
        stdout: 'welcome to the shop\ncached\nshop with open sesame\n',
      })

      // The engine has limits on each of them, whatever the file left out.
      const ids = (await compose('ps', '-aq')).stdout.split('\n').filter(Boolean)
      const limits = await engineDocker(engine, [
        'inspect',
        '-f',
        '{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}}',
        ...ids,
      ])
      expect(limits.stdout.split('\n').filter((line) => !/^(?:33554432|268435456) 128$/.test(line))).toEqual([
        '',
      ])

      expect(await compose('restart', 'cache')).toMatchObject({ code: 0 })
      expect(await compose('stop')).toMatchObject({ code: 0 })
      expect(await compose('start')).toMatchObject({ code: 0 })
      expect(await compose('down', '-v', '--remove-orphans')).toMatchObject({ code: 0 })
      const filter = ['--filter', `label=com.docker.compose.project=${project}`, '-q']
      for (const list of [
        ['ps', '-a'],
        ['network', 'ls'],
        ['volume', 'ls'],
      ])
        expect(await engineDocker(engine, [...list, ...filter])).toMatchObject({ stdout: '' })
      await engineDocker(engine, ['rmi', image])
    },
  )
})
