/** Looks for a Docker Engine (or Podman) on this host. */
import { access, constants } from 'node:fs/promises'
import { request } from '../http/http.ts'
import { objectOf, type Unknown } from '../shared/json-value.ts'

export interface FoundEngine {
  /** `unix:///var/run/docker.sock`. */
  readonly url: string
  /** As the engine gives it: `28.3.1`. */
  readonly version: string
  /** Newest API version that it speaks: `1.51`. */
  readonly apiVersion: string
}

const USUAL_PLACES = ['unix:///var/run/docker.sock', 'unix:///run/podman/podman.sock']
const LIMIT_MILLISECONDS = 2000
const LARGEST_ANSWER = 2 ** 20

/**
 * The first engine that answers within two seconds: at DOCKER_HOST if that is set, and else in the usual places.
 * Undefined where none does; a DOCKER_HOST other than `unix://` is none, as the gate speaks to sockets only.
 */
export async function findEngine(environment: {
  readonly DOCKER_HOST?: string | undefined
}): Promise<FoundEngine | undefined> {
  const chosen = environment.DOCKER_HOST
  for (const url of chosen === undefined || chosen === '' ? USUAL_PLACES : [chosen]) {
    const engine = await askEngine(url)
    if (engine !== undefined) return engine
  }
  return undefined
}

/**
 * The path of a socket that is there, and that this process may not open: at that address, or where there is none, in the
 * usual places.
 */
export async function closedTo(url: string): Promise<string | undefined> {
  for (const place of url === '' ? USUAL_PLACES : [url]) {
    const path = place.slice('unix://'.length)
    const isClosed = await access(path, constants.W_OK).then(
      () => false,
      (cause: unknown) => cause instanceof Error && 'code' in cause && cause.code === 'EACCES',
    )
    if (isClosed) return path
  }
  return undefined
}

/** The engine at a `unix://` address, or undefined where none answers as an engine does within two seconds. */
export async function askEngine(url: string): Promise<FoundEngine | undefined> {
  if (!url.startsWith('unix:///')) return undefined
  const answer = await get(url.slice('unix://'.length), '/version')
  if (answer === undefined) return undefined
  const { Version: version, ApiVersion: apiVersion } = answer
  return typeof version === 'string' && typeof apiVersion === 'string'
    ? { url, version, apiVersion }
    : undefined
}

/** What the engine at a `unix://` address tells of itself, or undefined where none answers within two seconds. */
export async function askAbout(
  url: string,
): Promise<{ readonly version: Unknown; readonly info: Unknown } | undefined> {
  if (!url.startsWith('unix:///')) return undefined
  const path = url.slice('unix://'.length)
  const [version, info] = await Promise.all([get(path, '/version'), get(path, '/info')])
  return version === undefined || info === undefined ? undefined : { version, info }
}

/** The answer to a GET. Whatever goes wrong means the same: no engine is here. */
function get(socketPath: string, path: string): Promise<Unknown | undefined> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(LIMIT_MILLISECONDS)
    const asked = request({ socketPath, path, headers: { Host: 'docker' }, signal }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
        if (text.length > LARGEST_ANSWER) response.destroy()
      })
      response.on('end', () => resolve(response.statusCode === 200 ? parseObject(text) : undefined))
      response.on('error', () => resolve(undefined))
      response.on('close', () => resolve(undefined))
    })
    asked.on('error', () => resolve(undefined))
    asked.end()
  })
}

function parseObject(text: string): Unknown | undefined {
  try {
    return objectOf(JSON.parse(text))
  } catch {
    return undefined
  }
}
