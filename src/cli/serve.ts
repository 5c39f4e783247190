/** `dockgate serve`: the gate itself. */
import { resolve as absolute } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Command } from 'commander'
import { headLine } from '../record/head-lines.ts'
import { createRedactor } from '../audit/redact.ts'
import { Recorder } from '../audit/recorder.ts'
import { createOperatorDoor } from '../doors/operator/door.ts'
import { Doors, type Opened } from '../doors/doors.ts'
import { SocketError } from '../doors/listen.ts'
import { McpServers } from '../doors/mcp-servers.ts'
import { Engine } from '../engine/engine.ts'
import { Gate, type GateEvents } from '../gate.ts'
import { BindRoots } from '../host/bind-roots.ts'
import { describeUnheld } from './unheld-line.ts'
import { engineSocket, type Own } from '../host/own.ts'
import { codeOf, reasonOf } from '../files/descriptor.ts'
import { openOwnDirectory, PathError } from '../files/directory.ts'
import { trustedAccounts } from '../files/trust.ts'
import { realPath } from '../files/walk.ts'
import { ContainerSockets } from '../host/container-sockets.ts'
import { Pins } from '../host/pins.ts'
import { loadNoted, PolicyError } from '../policy-file/load.ts'
import type { Policy } from '../policy/policy.ts'
import { formatNote } from '../policy/problem.ts'
import { holdAgain, startAgain } from '../rights/hold-again.ts'
import { findProgram, ProgramError } from '../programs/roots.ts'
import { LiveRecord } from '../record/live.ts'
import { nameOfKeys, openBuildKey } from '../record/keys.ts'
import { openStore } from '../record/sqlite/open-store.ts'
import { warnOf } from '../shared/warn.ts'
import { StoreError, StoreUnavailable } from '../record/errors.ts'
import { stateDirectory, type StateEnvironment } from '../record/state-directory.ts'
import type { SystemdEnvironment } from '../systemd/environment.ts'
import { Systemd } from '../systemd/systemd.ts'
import { engineAddress, requireEngine, StartError, type EngineEnvironment } from './engine-address.ts'
import { logHeads } from './log-heads.ts'
import {
  describeServed,
  describeStart,
  levelled,
  note,
  prepareToPrint,
  print,
  showDecision,
} from './serve-lines.ts'
import { noteImages, noteUnbound, tellFaults, tellNew, tellOpened, tellRecord } from './serve-notes.ts'
import { PolicyWatch } from './watch-policy.ts'

interface Options {
  readonly policy: string
  readonly engine?: string
  readonly state?: string
  readonly docker?: string
  readonly dockerConfig?: string
  readonly quiet?: true
}

interface Environment extends StateEnvironment, EngineEnvironment, SystemdEnvironment {}

/** Milliseconds that the sockets wait for the engine at the start. */
const FIRST_CONNECTION = 3_000

/** Adds `serve`. Exit codes: 65 and 66 the policy, 69 no engine, 73 a socket, 74 the record. */
export function addServeCommand(program: Command, environment: Environment): void {
  program
    .command('serve')
    .description('run the gate: a socket for each worker of the policy, before a Docker engine')
    .requiredOption('--policy <file>', 'the policy; it is loaded again when it changes, and on SIGHUP')
    .option(
      '--engine <url>',
      "the engine's address (default: the policy's, DOCKER_HOST, or where one is usually)",
    )
    .option(
      '--state <directory>',
      'where the record is kept (default: /var/lib/dockgate, for users in XDG_STATE_HOME)',
    )
    .option('--docker <path>', 'the docker CLI of MCP over HTTP (default: where it usually is)')
    .option('--docker-config <directory>', 'its configuration (default: none)')
    .option('--quiet', 'print no line for each decision')
    .addHelpText(
      'after',
      '\nSIGHUP loads the policy again. SIGTERM and Ctrl-C let calls end, for 10 s at most; a second one does not wait.',
    )
    .action(async (options: Options, command: Command) => {
      try {
        await serve(options, environment)
      } catch (cause) {
        const known =
          cause instanceof StartError || cause instanceof PolicyError || cause instanceof StoreError
        if (!known && !(cause instanceof SocketError)) throw cause
        const message = levelled(process.stderr, `dockgate: error: ${cause.message}`, 'error')
        command.error(message, { exitCode: known ? cause.exitCode : 73 })
      }
    })
}

const SILENT = (): void => undefined

async function letGo(
  gate: Gate,
  engine: Engine,
  record: LiveRecord,
  following: Promise<void>,
): Promise<void> {
  gate.feed.close()
  await following
  engine.close()
  record.close()
  await gate.bindRoots.close()
}

/** Whenever the engine comes, and once there are workers. */
function startMissed(gate: Gate, engine: Engine): void {
  startAgain(gate, engine).catch(warnOf('starting what the engine could not'))
}

async function serve(options: Options, environment: Environment): Promise<void> {
  prepareToPrint(environment)
  const systemd = new Systemd(environment, note)
  // Before the policy is read, so that no change of it and no SIGHUP is missed.
  const watching = new PolicyWatch(options.policy)
  const { policy, notes, text } = await loadNoted(options.policy)
  for (const each of notes) note(formatNote(each))
  const url = await engineAddress(options.engine ?? policy.engine, environment)
  requireEngine(url, policy)
  const written = stateDirectory(options.state, environment, process.getuid?.() === 0)
  if (options.docker !== undefined) await requireProgram(options.docker)
  const state = await openState(written)
  const own = [state, ...(await engineSocket(url))]
  const { directory } = state
  const store = openStore(directory, tellRecord)
  const endHeads = logHeads(store, (line) => note(line, 'information'))
  const recorder = new Recorder(store, createRedactor(directory), options.quiet ? SILENT : showDecision)
  const engine = new Engine(url)
  const firstConnection = Promise.withResolvers<void>()
  const pins = await Pins.open({ id: state.id, written })
  const events = eventsOf(url, () => {
    firstConnection.resolve()
    tellFaults(gate)
    startMissed(gate, engine)
  })
  const roots = await BindRoots.open(policy, note, own)
  const gate = new Gate(engine, store, recorder, onHost(pins, directory), policy, roots, events)
  const record = new LiveRecord(directory, store)
  const doors = new Doors(gate, record, systemd.sockets)
  const mcp = new McpServers(options, note)
  let inForce = text
  const setting = { directory, url, policy: options.policy, written: () => inForce, store }
  const control = createOperatorDoor({ gate, engine, record, setting })
  await holdAgain(gate, note)
  const following = gate.feed.run()
  // Before anybody can connect: who sees the gate may ask it to end.
  const asked = askedToEnd(doors)
  let served: Policy
  try {
    await control.listen()
    // So that the first call does not come too early; an engine that is away is waited for while calls get 503.
    await Promise.race([firstConnection.promise, pause(FIRST_CONNECTION, undefined, { ref: false })])
    served = servedOf(policy, await doors.open(policy))
    startMissed(gate, engine)
  } catch (cause) {
    await doors.close(0)
    await control.close()
    gate.feed.close()
    store.close()
    throw cause
  }
  print(describeStart(served))
  await mcp.open(policy)
  systemd.ready(describeServed(served, policy), () => store.write([], 'synced'))
  watching.begin(async ({ policy: changed, text: now }) => {
    gate.adopt(changed, await BindRoots.open(changed, note, own))
    inForce = now
    tellOpened(await doors.open(changed))
    await mcp.open(changed)
    await tellNew(gate)
  }, systemd.reloads)
  await asked
  systemd.stopping()
  note('ending; calls may take 10 s more', 'notice')
  await watching.close()
  await Promise.all([mcp.close(), doors.close(10_000)])
  await control.close()
  await letGo(gate, engine, record, following)
  endHeads()
  store.close()
  note(`ended; ${headLine(store.state())}`, 'notice')
  await systemd.told()
}

/** Processes of several workers run it. @throws {StartError} where others could put another program in its place */
async function requireProgram(docker: string): Promise<void> {
  await findProgram([absolute(docker)], trustedAccounts()).catch((cause: unknown) => {
    throw cause instanceof ProgramError ? new StartError(`--docker: ${cause.message}`, 64) : cause
  })
}

/**
 * Makes the state directory where it is missing, and sees that nobody else can put another in its place.
 * @throws {StoreUnavailable}
 */
async function openState(written: string): Promise<Own & { readonly directory: string }> {
  try {
    const place = await openOwnDirectory(absolute(written), 0o700)
    await place.found.close()
    const { id } = place.found.status
    return { what: "the gate's state directory", directory: realPath(place), id, passed: place.passed }
  } catch (cause) {
    if (!(cause instanceof PathError) && codeOf(cause) === undefined) throw cause
    throw new StoreUnavailable(written, reasonOf(cause), cause)
  }
}

/** What a gate has on this host. A device can have another number after a reboot, and containers keep the paths: so sockets go by the keys of the record. */
function onHost(pins: Pins, directory: string) {
  const sockets = new ContainerSockets(nameOfKeys(directory))
  return { pins, sockets, buildSecret: openBuildKey(directory) }
}

/** @param connected is called when the engine is there */
function eventsOf(url: string, connected: () => void): GateEvents {
  return {
    connected: (version, minor, unheld) => {
      note(`engine ${version} (API 1.${minor}) at ${url}`, 'information')
      if (unheld.length > 0) note(`this engine ${describeUnheld(unheld)}`)
      connected()
    },
    imagesKnown: noteImages,
    lost: (reason) => note(`engine lost: ${reason}; trying again`),
    unbound: noteUnbound,
  }
}

/** The policy without the workers whose sockets can't be made, which are told. @throws {SocketError} where none can */
function servedOf(policy: Policy, opened: Opened): Policy {
  const workers = policy.workers.filter(({ name }) => !opened.failed.has(name))
  const [first] = opened.failed.values()
  if (workers.length === 0 && first !== undefined) throw first
  tellOpened(opened)
  return { ...policy, workers }
}

/** Resolves when the gate is asked to end; a second time cuts what goes on. */
function askedToEnd(doors: Doors): Promise<void> {
  return new Promise((resolve) => {
    let times = 0
    const ask = (): void => {
      times += 1
      if (times === 1) resolve()
      else doors.cut()
    }
    process.on('SIGTERM', ask)
    process.on('SIGINT', ask)
  })
}
