/**
 * Stories: what a person sees at a terminal, from files beside this one. A line after `$` is run by a shell, in which `docker` is
 * the worker's and `dockgate` the operator's; the lines below are what it prints on both outputs, `...` stands for any number of
 * lines and `<*>` for any part of one. A line `? 1` is an exit code other than 0. Lines that begin with # are for the reader.
 */
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startGate } from '../support/gate.ts'
import { start } from '../support/process.ts'
import { setting } from '../support/settings.ts'
import { testedProgram } from '../support/tested-program.ts'

const folder = dirname(fileURLToPath(import.meta.url))

interface Step {
  readonly line: number
  readonly command: string
  readonly code: number
  readonly expected: readonly string[]
}

function readStory(text: string): readonly Step[] {
  const steps: { line: number; command: string; code: number; expected: string[] }[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const last = steps.at(-1)
    if (line.startsWith('$ ')) steps.push({ line: index + 1, command: line.slice(2), code: 0, expected: [] })
    else if (last === undefined || line.startsWith('#') || line === '') continue
    else if (line.startsWith('? ')) last.code = Number(line.slice(2))
    else last.expected.push(line)
  }
  return steps
}

/** What a step expects, as a pattern for all that was printed. */
function patternOf({ expected }: Step): RegExp {
  const lines = expected.map((line) =>
    line === '...'
      ? '(?:.*\n)*?'
      : `${line
          .split('<*>')
          .map((part) => RegExp.escape(part))
          .join('.*')}\n`,
  )
  return new RegExp(`^${lines.join('')}$`)
}

test.each(readdirSync(folder).filter((name) => name.endsWith('.txt')))('%s', async (name) => {
  await using gate = await startGate()
  const bin = join(gate.directory, 'bin')
  mkdirSync(bin)
  symlinkSync(setting('DOCKER'), join(bin, 'docker'))
  symlinkSync(testedProgram, join(bin, 'dockgate'))
  const env = {
    PATH: `${bin}:/usr/sbin:/usr/bin:/sbin:/bin`,
    HOME: bin,
    DOCKER_CONFIG: bin,
    DOCKER_CLI_HINTS: 'false',
    DOCKER_HOST: `unix://${gate.socket}`,
    WORK: join(gate.directory, 'work'),
    STATE: join(gate.directory, 'state'),
    POLICY: join(gate.directory, 'policy.yaml'),
  }
  for (const step of readStory(readFileSync(join(folder, name), 'utf8'))) {
    await using running = start('/bin/sh', ['-c', `exec 2>&1\ncd "$WORK"\n${step.command}`], env)
    running.child.stdin.end()
    const { code, stdout } = await running.ended
    const place = `${name}:${step.line}`
    expect([place, code, stdout]).toEqual([place, step.code, expect.stringMatching(patternOf(step))])
  }
})
