import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import { afterAll, describe, expect, test } from 'vitest'
import { DOCKER_20_10 } from '../../test/support/engines-told.ts'
import { parsePolicy } from '../policy/parse.ts'
import { PROGRAM_NAMES } from '../policy/starters.ts'
import { addInitCommand } from './init.ts'
import { addPolicyCommands } from './policy.ts'

const folder = mkdtempSync(join(tmpdir(), 'dockgate-policy-'))
const socket = join(folder, 'engine.sock')
const told = { ...DOCKER_20_10.version, Version: '28.0.0', ApiVersion: '1.48' }
const engine = createServer((asked, response) =>
  response.end(JSON.stringify(asked.url === '/version' ? told : DOCKER_20_10.info)),
).listen(socket)
afterAll(() => engine.close())

/** Runs a command line with a given DOCKER_HOST. */
async function run(line: readonly string[], host = `unix://${folder}/none.sock`) {
  const result = { out: '', error: '', exitCode: 0 }
  const program = new Command('dockgate')
    .exitOverride()
    .configureOutput({ writeOut: (text) => (result.out += text), writeErr: (text) => (result.error += text) })
  addPolicyCommands(program)
  addInitCommand(program, { DOCKER_HOST: host })
  try {
    await program.parseAsync(line, { from: 'user' })
  } catch (cause) {
    if (!(cause instanceof CommanderError)) throw cause
    result.exitCode = cause.exitCode
  }
  return result
}

function write(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

const good = write('good.yaml', 'version: 1\nworkers: { a: { socket: /run/a, docker: { allow: [ps] } } }\n')
const bad = write(
  'bad.yaml',
  'version: 1\nworkers: { a: { socket: /run/a, docker: { allow: [sp], x: 1 } } }\n',
)
const missing = join(folder, 'missing.yaml')

describe('policy check', () => {
  test('a good policy', async () => {
    expect(await run(['policy', 'check', good])).toEqual({
      out: `${good}: ok, 1 worker\n`,
      error: '',
      exitCode: 0,
    })
    const { out } = await run(['policy', 'check', good, '--json'])
    expect(JSON.parse(out)).toEqual({ file: good, ok: true, workers: ['a'], notes: [] })
  })

  test('warns where every image is given', async () => {
    const file = write(
      'wide.yaml',
      'version: 1\nworkers: { a: { socket: /run/a, docker: { allow: [run], run: { images: [alpine, "**"] } } } }\n',
    )
    const { out, exitCode } = await run(['policy', 'check', file])
    expect(exitCode).toBe(0)
    expect(out).toContain(`${file}:2:81: note: every image on this host, and of every registry`)
    expect((await run(['policy', 'show', file])).out).toContain('! every image on this host')
  })

  test('tells every problem on stderr, exit code 65', async () => {
    const { out, error, exitCode } = await run(['policy', 'check', bad])
    expect({ out, exitCode }).toEqual({ out: '', exitCode: 65 })
    expect(error).toContain(`${bad}:2:51: unknown command "sp"\n`)
    expect(error).toMatch(/dockgate: .*bad\.yaml: 2 problems\n$/)
  })

  test('tells problems as JSON on stdout', async () => {
    const { out, exitCode } = await run(['policy', 'check', bad, '--json'])
    expect(exitCode).toBe(65)
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      problems: [
        { line: 2, column: 51 },
        { line: 2, column: 56 },
      ],
    })
  })

  test('a file that is not there has exit code 66', async () => {
    const { error, exitCode } = await run(['policy', 'check', missing])
    expect(exitCode).toBe(66)
    expect(error).toBe(
      `dockgate: can't read the policy: ENOENT: no such file or directory, open '${missing}'\n`,
    )
  })
})

describe('policy show and policy schema', () => {
  test('show says it in words, or gives the policy as JSON', async () => {
    expect((await run(['policy', 'show', good])).out).toContain('\nworker a\n')
    const { out } = await run(['policy', 'show', good, '--json'])
    expect(JSON.parse(out)).toMatchObject({ workers: [{ name: 'a', docker: { connections: 64 } }] })
    expect((await run(['policy', 'show', bad])).exitCode).toBe(65)
  })

  test('show says by what words a fault of an engine is reached', async () => {
    const runs = write(
      'runs.yaml',
      'version: 1\nworkers: { a: { socket: /run/a, docker: { allow: [start] } } }\n',
    )
    const { out } = await run(['policy', 'show', runs, '--engine', `unix://${socket}`])
    expect(out).toContain(
      `\nfaults of the engine at unix://${socket}\n  ! with this engine start can reach the host`,
    )
    expect((await run(['policy', 'show', good, '--engine', `unix://${socket}`])).out).toContain(
      `\nthey reach no fault of the engine at unix://${socket} that is known\n`,
    )
  })

  test('show says that it can not know the faults of an engine that nobody tells', async () => {
    const { out } = await run(['policy', 'show', good, '--state', folder])
    expect(out).toContain(
      `\nwhich faults of the engine they reach is not known: no gate answers on ${folder} (`,
    )
    expect(out).toContain('--engine URL asks an engine\n')
    const away = await run(['policy', 'show', good, '--engine', `unix://${folder}/none.sock`])
    expect(away.out).toContain(`is not known: no engine answers at unix://${folder}/none.sock\n`)
  })

  test('schema prints the JSON Schema', async () => {
    const schema: unknown = JSON.parse((await run(['policy', 'schema'])).out)
    expect(schema).toMatchObject({ title: 'Dockgate policy', additionalProperties: false })
  })
})

describe('init', () => {
  test('writes a policy that passes the check, with the engine that was found', async () => {
    const output = join(folder, 'new', 'policy.yaml')
    const { out, exitCode } = await run(
      ['init', '--output', output, '--worker', 'helper'],
      `unix://${socket}`,
    )
    expect(exitCode).toBe(0)
    expect(out).toContain(`wrote ${output}\nengine: unix://${socket}, version 28.0.0, API 1.48\n`)
    expect(out).toMatch(/^ {2}! with this engine run, start, .* can reach the host \(CVE-2025-31133/m)
    expect(out).toContain('DOCKER_HOST=unix:///run/dockgate/helper/docker.sock')
    expect((await run(['policy', 'check', output])).exitCode).toBe(0)
    expect(parsePolicy(readFileSync(output, 'utf8'), output)).toMatchObject({
      policy: { engine: `unix://${socket}`, workers: [{ name: 'helper' }] },
    })
  })

  test('without an engine it says so, and the policy leaves it to the gate', async () => {
    const output = join(folder, 'without.yaml')
    expect((await run(['init', '--output', output])).out).toContain('engine: none found')
    expect(parsePolicy(readFileSync(output, 'utf8'), output)).toMatchObject({ policy: { engine: undefined } })
  })

  test('an engine that is given is written even if it does not answer', async () => {
    const output = join(folder, 'given.yaml')
    const { out } = await run(['init', '--output', output, '--engine', 'unix:///run/none.sock'])
    expect(out).toContain('engine: unix:///run/none.sock, which does not answer now')
    expect(readFileSync(output, 'utf8')).toContain('\nengine: unix:///run/none.sock\n')
  })

  test.each(PROGRAM_NAMES)(
    'for %s it writes a policy that passes the check, and says what that program needs',
    async (name) => {
      const output = join(folder, `for-${name}.yaml`)
      const { out, exitCode } = await run(['init', '--output', output, '--for', name])
      expect(exitCode).toBe(0)
      const [, path] = /DOCKER_HOST=unix:\/\/(\S+),/.exec(out) ?? []
      expect(parsePolicy(readFileSync(output, 'utf8'), output)).toMatchObject({
        policy: { workers: [{ name: 'ai-worker', socket: { path } }] },
      })
      expect(readFileSync(output, 'utf8')).toMatch(/^ {4}# For:\n {4}# [A-Z]/m)
    },
  )

  test('does not replace a file without --force', async () => {
    const output = write('mine.yaml', 'mine')
    const { error, exitCode } = await run(['init', '--output', output])
    expect({ error, exitCode }).toEqual({
      error: `dockgate: ${output}: is there already; --force replaces it\n`,
      exitCode: 73,
    })
    expect(readFileSync(output, 'utf8')).toBe('mine')
    expect((await run(['init', '--output', output, '--force'])).exitCode).toBe(0)
    expect((await run(['policy', 'check', output])).exitCode).toBe(0)
  })

  test.each([
    [['--worker', 'A b'], '--worker: a worker is named in a-z, 0-9 and -, a letter first'],
    [['--worker', 'a\n  b: {}'], 'a worker is named in'],
    [['--engine', 'tcp://10.0.0.1:2375'], 'must be unix:// and'],
    [['--for', 'nothing'], '--for: there are openclaw, gemini, devcontainer, testcontainers, ci, hermes'],
  ])('%j is a wrong use and writes nothing', async (options, message) => {
    const output = join(folder, 'wrong.yaml')
    const { error, exitCode } = await run(['init', '--output', output, ...options])
    expect(exitCode).toBe(64)
    expect(error).toContain(message)
    expect(() => readFileSync(output)).toThrow('ENOENT')
  })
})
