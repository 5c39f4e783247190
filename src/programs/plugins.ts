/**
 * Plugins of the docker CLI: programs that it starts as its children. In a sandbox it can't, so a plugin is started in its place, as it
 * would have been (cli-plugins/manager of docker/cli, 20.10 to 28).
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { listOf, objectOf, textsOf } from '../shared/json-value.ts'
import { findRealProgram } from './roots.ts'

/** Plugins that a policy's words lead to. */
const PLUGINS = ['compose']

/** Where packages put them. */
const SYSTEM = ['/usr/local/lib', '/usr/local/libexec', '/usr/lib', '/usr/libexec'].map((place) =>
  join(place, 'docker/cli-plugins'),
)

/** Options before the command that a value follows; all others are one word. */
const WITH_VALUE = ['-l', '--log-level']

/** The plugin that the words behind `docker` are for, if any. */
export function pluginOf(words: readonly string[]): string | undefined {
  let at = 0
  while (words[at]?.startsWith('-') === true) at += WITH_VALUE.includes(words[at] ?? '') ? 2 : 1
  return PLUGINS.find((name) => name === words[at])
}

/** Where the CLI looks for plugins, in its order. @param config its DOCKER_CONFIG */
export async function pluginDirectories(config: string): Promise<readonly string[]> {
  return [...(await extraDirectories(config)), join(config, 'cli-plugins'), ...SYSTEM]
}

/** The plugin's real path. @throws {ProgramError} where there is none, or it is not root's */
export function findPlugin(name: string, directories: readonly string[]): Promise<string> {
  return findRealProgram(directories.map((directory) => join(directory, `docker-${name}`)))
}

/** `cliPluginsExtraDirs` of the operator's configuration. */
async function extraDirectories(config: string): Promise<readonly string[]> {
  const text = await readFile(join(config, 'config.json'), 'utf8').catch(() => undefined)
  if (text === undefined) return []
  try {
    return textsOf(listOf(objectOf(JSON.parse(text))['cliPluginsExtraDirs']))
  } catch (cause) {
    // The CLI says itself that it can't read it, and goes on without.
    if (cause instanceof SyntaxError) return []
    throw cause
  }
}
