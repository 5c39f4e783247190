/** What is told of containers. */
import { linkedBy } from '../../shared/container-names.ts'
import { wordsIn } from '../../shared/words.ts'
import { objectOf, textOf, type Unknown } from '../../shared/json-value.ts'
import {
  chosen,
  cleaned,
  dictionaryIf,
  each,
  fields,
  flag,
  given,
  leftOut,
  list,
  number,
  replaced,
  text,
  textByName,
  textIf,
  texts,
  type Field,
} from '../fields.ts'
import { config, health } from './config.ts'
import { hostConfig, portBindings, restartPolicy } from './host-config.ts'
import { descriptor } from './image.ts'
import { endpoint } from './network.ts'
import { containerWords, imageText, inWords, labels, message, networkMode, volumeName } from '../words.ts'

const mountPoint = fields({
  Name: volumeName,
  ...each(['Type', 'Source', 'Destination', 'Driver', 'Mode', 'Propagation'], text),
  RW: flag,
})

const STATE = {
  ...each(['Status', 'StartedAt', 'FinishedAt'], text),
  ...each(['Running', 'Paused', 'Restarting', 'OOMKilled', 'Dead'], flag),
  ExitCode: number,
}

const BASE = {
  ...each(['Id', 'Created', 'Name', 'Image', 'Driver', 'Platform'], text),
  RestartCount: number,
}

/** Networks by name; one that the operator connected it to, and that the worker may not know of, is left out. */
const networks = dictionaryIf(
  (_name, value, view) => {
    const id = textOf(objectOf(value)['NetworkID'])
    return id === '' || view.network(id) !== undefined
  },
  'networks out of reach are left out',
  endpoint,
)

const ADDRESSES = list(fields({ Addr: text, PrefixLen: number }))

const networkSettings = fields({
  ...each(
    wordsIn(`
        Bridge SandboxID SandboxKey LinkLocalIPv6Address EndpointID Gateway GlobalIPv6Address IPAddress IPv6Gateway MacAddress
      `),
    text,
  ),
  ...each(['LinkLocalIPv6PrefixLen', 'GlobalIPv6PrefixLen', 'IPPrefixLen'], number),
  HairpinMode: flag,
  Ports: portBindings,
  SecondaryIPAddresses: ADDRESSES,
  SecondaryIPv6Addresses: ADDRESSES,
  Networks: networks,
})

const whole = fields({
  ...BASE,
  Path: text,
  Args: texts,
  State: fields({ ...STATE, Pid: number, Error: message, RemovalInProgress: flag, Health: health }),
  ...each(
    ['ResolvConfPath', 'HostnamePath', 'HostsPath', 'LogPath'],
    cleaned(
      'a path of the host',
      given(() => ''),
    ),
  ),
  Node: leftOut('of a cluster'),
  ...each(['MountLabel', 'ProcessLabel', 'AppArmorProfile'], text),
  ExecIDs: list(textIf((id, view) => view.exec(id), 'those of others are left out')),
  HostConfig: hostConfig,
  GraphDriver: fields({ Name: text, Data: replaced(null, 'paths of the host') }),
  Storage: fields({ RootFS: fields({ Snapshot: fields({ Name: text }) }) }),
  ...each(['SizeRw', 'SizeRootFs'], number),
  ImageManifestDescriptor: descriptor,
  Mounts: list(mountPoint),
  Config: config,
  NetworkSettings: networkSettings,
})
/** A container that may be inspected. */
export const inspected = inWords(whole, containerWords)

/** A container on which the worker may do something else: what the CLI has to know before logs, start or attach, and no insides. */
export const redacted: Field<Unknown> = fields({
  ...BASE,
  State: fields(STATE),
  Config: fields({
    ...each(['Tty', 'OpenStdin', 'StdinOnce', 'AttachStdin', 'AttachStdout', 'AttachStderr'], flag),
    Image: imageText,
  }),
  HostConfig: fields({ AutoRemove: flag, LogConfig: fields({ Type: text }), RestartPolicy: restartPolicy }),
  // docker port reads it without a look whether it is there.
  NetworkSettings: replaced({ Ports: {}, Networks: {} }, 'insides'),
})

const LISTED = {
  ...each(['Id', 'ImageID', 'State', 'Status'], text),
  Image: imageText,
  ...each(['Created', 'SizeRw', 'SizeRootFs'], number),
  Names: list(
    textIf((name, view) => {
      const by = linkedBy(name)
      return by === undefined || view.ownName(by)
    }, 'names that others have for it are left out'),
  ),
}

const withoutInsides = fields({
  ...LISTED,
  Command: replaced('', 'insides'),
  Ports: replaced([], 'insides'),
  Labels: replaced({}, 'insides'),
  Mounts: replaced([], 'insides'),
})

const insides = fields({
  ...LISTED,
  ImageManifestDescriptor: descriptor,
  Command: text,
  Ports: list(fields({ IP: text, PrivatePort: number, PublicPort: number, Type: text })),
  Labels: labels,
  HostConfig: fields({ NetworkMode: networkMode, Annotations: textByName }),
  Health: fields({ Status: text, FailingStreak: number }),
  NetworkSettings: fields({ Networks: networks }),
  Mounts: list(mountPoint),
})
const withInsides = inWords(insides, containerWords)

/** A container in a list. */
export const listed = chosen(
  'those out of reach are left out, and the insides of those that it may not inspect',
  withInsides,
  ({ Id }, view) => {
    const id = textOf(Id)
    if (view.inspectable(id)) return withInsides
    return view.container(id) ? withoutInsides : undefined
  },
)

export const created = fields({ Id: text, Warnings: texts })
export const updated = fields({ Warnings: texts })
export const changes = list(fields({ Path: text, Kind: number }))
export const processes = fields({ Titles: texts, Processes: list(texts) })
export const waited = fields({ StatusCode: number, Error: fields({ Message: message }) })
/** What has no more to tell than what it made. */
export const madeId = fields({ Id: text, Warnings: leftOut('an engine never has any here') })

export const exec = fields({
  ...each(['ID', 'ContainerID', 'DetachKeys'], text),
  ...each(['Running', 'OpenStdin', 'OpenStderr', 'OpenStdout', 'CanRemove'], flag),
  ...each(['ExitCode', 'Pid'], number),
  ProcessConfig: fields({
    ...each(['entrypoint', 'user'], text),
    ...each(['tty', 'privileged'], flag),
    arguments: texts,
  }),
})

/** What a file in a container is, as a header tells it. */
export const fileStat = fields({
  ...each(['name', 'mtime', 'linkTarget'], text),
  ...each(['size', 'mode'], number),
})
