/** The redacted view of a container: what the CLI has to know before logs, start or attach, and nothing of its insides. */
import { objectOf, type Unknown } from '../shared/json-value.ts'

const TOP = ['Id', 'Created', 'Name', 'Image', 'State', 'RestartCount', 'Platform', 'Driver']
const STATE = [
  'Status',
  'Running',
  'Paused',
  'Restarting',
  'OOMKilled',
  'Dead',
  'ExitCode',
  'StartedAt',
  'FinishedAt',
]
const CONFIG = ['Tty', 'OpenStdin', 'StdinOnce', 'AttachStdin', 'AttachStdout', 'AttachStderr', 'Image']
const HOST_CONFIG = ['AutoRemove', 'LogConfig', 'RestartPolicy']

/** Keeps the listed fields of an inspect's answer. */
export function redactContainer(container: Unknown): Unknown {
  return {
    ...pick(container, TOP),
    State: pick(objectOf(container['State']), STATE),
    Config: pick(objectOf(container['Config']), CONFIG),
    HostConfig: redactHostConfig(objectOf(container['HostConfig'])),
    // docker port reads it without a look whether it is there.
    NetworkSettings: { Ports: {}, Networks: {} },
  }
}

function redactHostConfig(host: Unknown): Unknown {
  const kept = pick(host, HOST_CONFIG)
  return 'LogConfig' in kept ? { ...kept, LogConfig: pick(objectOf(kept['LogConfig']), ['Type']) } : kept
}

/** The named fields of an object, those that it has. */
export function pick(from: Unknown, names: readonly string[]): Unknown {
  return Object.fromEntries(names.flatMap((name) => (name in from ? [[name, from[name]] as const] : [])))
}
