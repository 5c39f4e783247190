/**
 * What programs do with Testcontainers, by its own calls, one after the other. Prints which of it went well, as JSON.
 * Arguments: the folder in which it is installed, a folder for files, and the cases to run (default: all).
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const [, , packages = '', folder = '', ...only] = process.argv
const load = createRequire(join(packages, 'package.json'))
const { DockerComposeEnvironment, GenericContainer, Network, PullPolicy, Wait } = load('testcontainers')
const { PostgreSqlContainer } = load('@testcontainers/postgresql')

const SERVE = [
  'sh',
  '-c',
  'mkdir /www; echo hello >/www/index.html; echo ready to serve; exec httpd -f -p 80 -h /www',
]
const server = () => new GenericContainer('busybox').withCommand(SERVE).withExposedPorts(80)

function expect(holds, what) {
  if (!holds) throw new Error(`not so: ${what}`)
}

async function read(stream) {
  let text = ''
  for await (const chunk of stream) text += chunk
  return text
}

async function page(container) {
  return (await fetch(`http://${container.getHost()}:${container.getMappedPort(80)}/`)).text()
}

/** Runs something with a container, and stops it whatever comes of that. */
async function using(starting, work) {
  const container = await starting
  try {
    return await work(container)
  } finally {
    await container.stop()
  }
}

const CASES = {
  'a container with a port, by the default wait': () =>
    using(server().start(), async (container) => expect((await page(container)) === 'hello\n', 'the page')),
  'ports that are asked for by number': () =>
    using(server().withExposedPorts({ container: 80, host: 20_777 }).start(), async (container) =>
      expect(container.getMappedPort(80) === 20_777, 'the port'),
    ),
  'a wait for a line of the log': () =>
    using(
      server()
        .withWaitStrategy(Wait.forLogMessage(/ready to .*/, 1))
        .start(),
      async (container) => {
        const logs = await container.logs({ tail: 1 })
        const line = await new Promise((resolve) => logs.once('data', resolve))
        logs.destroy()
        expect(String(line).includes('ready'), line)
      },
    ),
  'a wait for a health check, four times a second': () =>
    using(
      server()
        .withHealthCheck({
          test: ['CMD-SHELL', 'wget -qO- localhost'],
          interval: 250,
          timeout: 1000,
          retries: 20,
          startPeriod: 100,
        })
        .withWaitStrategy(Wait.forHealthCheck())
        .start(),
      async (container) => expect((await page(container)) === 'hello\n', 'the page'),
    ),
  'a wait for HTTP, for a command, and for both': () =>
    using(
      server()
        .withWaitStrategy(
          Wait.forAll([Wait.forHttp('/', 80), Wait.forSuccessfulCommand('test -f /www/index.html')]),
        )
        .start(),
      async () => undefined,
    ),
  'a wait for one that ends': () =>
    using(
      new GenericContainer('busybox')
        .withCommand(['echo', 'over'])
        .withWaitStrategy(Wait.forOneShotStartup())
        .start(),
      async (container) => expect((await read(await container.logs())).includes('over'), 'the log'),
    ),
  'commands in a container': () =>
    using(server().start(), async (container) => {
      const ran = await container.exec(
        ['sh', '-c', 'echo out; echo err >&2; echo $X $(pwd) $(id -u); exit 3'],
        {
          env: { X: 'x' },
          workingDir: '/tmp',
          user: '1000',
        },
      )
      expect(
        ran.exitCode === 3 && ran.stdout === 'out\nx /tmp 1000\n' && ran.stderr === 'err\n',
        JSON.stringify(ran),
      )
    }),
  'files into a container, before and after its start, and out of it': async () => {
    const [file, directory] = [join(folder, 'file'), join(folder, 'directory')]
    mkdirSync(directory, { recursive: true })
    writeFileSync(file, 'of a file')
    writeFileSync(join(directory, 'inner'), 'of a directory')
    const container = server()
      .withCopyFilesToContainer([{ source: file, target: '/a/file', mode: 0o640 }])
      .withCopyDirectoriesToContainer([{ source: directory, target: '/a/directory' }])
      .withCopyContentToContainer([{ content: 'of a text', target: '/a/text' }])
    await using(container.start(), async (started) => {
      await started.copyContentToContainer([{ content: 'later', target: '/a/later' }])
      await started.copyFilesToContainer([{ source: file, target: '/a/later-file' }])
      const all = ['/a/file', '/a/directory/inner', '/a/text', '/a/later', '/a/later-file']
      const { stdout } = await started.exec(['cat', ...all])
      expect(stdout === 'of a fileof a directoryof a textlaterof a file', stdout)
      expect(
        (await read(await started.copyArchiveFromContainer('/a/text'))).includes('of a text'),
        'the archive',
      )
    })
  },
  'a network, and names on it': async () => {
    const network = await new Network().start()
    try {
      const first = server().withNetwork(network).withNetworkAliases('web', 'front')
      await using(first.start(), () =>
        using(server().withNetwork(network).start(), async (other) => {
          const { stdout } = await other.exec(['wget', '-qO-', 'http://front'])
          expect(stdout === 'hello\n', stdout)
          expect(other.getNetworkNames().includes(network.getName()), other.getNetworkNames().join(' '))
          expect(/^[0-9.]+$/.test(other.getIpAddress(network.getName())), 'an address')
          expect(other.getNetworkId(network.getName()) === network.getId(), 'the id of the network')
        }),
      )
    } finally {
      await network.stop()
    }
  },
  'names like ids': async () => {
    const name = `${Date.now().toString(16)}0123456789ab`.slice(0, 12)
    await using(server().withName(name).start(), async (container) =>
      expect(container.getName() === `/${name}`, container.getName()),
    )
  },
  'many at once': async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => server().start()))
    const pages = await Promise.all(all.map(page))
    await Promise.all(all.map((container) => container.stop()))
    expect(
      pages.every((text) => text === 'hello\n'),
      'the pages',
    )
  },
  'a consumer of the log': async () => {
    let text = ''
    const consumed = server().withLogConsumer((stream) => stream.on('data', (line) => (text += line)))
    await using(consumed.start(), async () => undefined)
    expect(text.includes('ready to serve'), text)
  },
  'one that is used again': async () => {
    const reusable = () => server().withLabels({ purpose: 'reuse' }).withReuse()
    const first = await reusable().start()
    const second = await reusable().start()
    expect(first.getId() === second.getId(), 'the same container')
    await second.stop()
  },
  'environment, user, folder, tmpfs, host name, extra hosts, labels, entry point, limits': () =>
    using(
      new GenericContainer('busybox')
        .withEnvironment({ X: 'of the environment' })
        .withUser('1000')
        .withWorkingDir('/tmp')
        .withTmpFs({ '/scratch': 'rw,noexec,nosuid,size=8m' })
        .withHostname('called')
        .withExtraHosts([{ host: 'other', ipAddress: '10.1.2.3' }])
        .withLabels({ mine: 'yes' })
        .withName(`named-${process.pid}`)
        .withEntrypoint(['sh', '-c'])
        .withCommand(['echo "$X $(id -u) $(pwd) $(hostname)"; grep other /etc/hosts; sleep 100'])
        .withResourcesQuota({ memory: 0.128, cpu: 0.5 })
        .withSharedMemorySize(16 * 1024 * 1024)
        .withUlimits({ nofile: { hard: 4096, soft: 4096 } })
        .withDroppedCapabilities('CHOWN')
        .withWaitStrategy(Wait.forLogMessage(/10\.1\.2\.3/))
        .start(),
      async (container) => {
        expect(container.getName() === `/named-${process.pid}`, container.getName())
        expect(container.getLabels().mine === 'yes', 'the label')
      },
    ),
  'a folder of the host': async () => {
    writeFileSync(join(folder, 'shared'), 'of the host')
    const mounted = server().withBindMounts([{ source: folder, target: '/host', mode: 'ro' }])
    await using(mounted.start(), async (container) => {
      const { stdout } = await container.exec(['cat', '/host/shared'])
      expect(stdout === 'of the host', stdout)
    })
  },
  'a restart, and a stop that removes nothing': () =>
    using(server().start(), async (container) => {
      await container.restart()
      expect((await page(container)) === 'hello\n', 'the page')
    }),
  'an image that is built': async () => {
    const context = join(folder, 'context')
    mkdirSync(context, { recursive: true })
    writeFileSync(
      join(context, 'Dockerfile'),
      'FROM busybox\nARG WHAT\nRUN echo "$WHAT" >/built\nCMD ["sleep", "100"]\n',
    )
    const image = await GenericContainer.fromDockerfile(context).withBuildArgs({ WHAT: 'here' }).build()
    await using(image.start(), async (container) => {
      const { stdout } = await container.exec(['cat', '/built'])
      expect(stdout === 'here\n', stdout)
    })
  },
  'an image that is built by two names': async () => {
    const context = join(folder, 'named')
    mkdirSync(context, { recursive: true })
    writeFileSync(
      join(context, 'Dockerfile'),
      `FROM busybox\nLABEL made=${Date.now()}\nCMD ["sleep", "100"]\n`,
    )
    for (const name of [`localhost/mine-${process.pid}:1`, `mine-${process.pid}`]) {
      const image = await GenericContainer.fromDockerfile(context).build(name, { deleteOnExit: false })
      await using(image.start(), async () => undefined)
    }
  },
  'an image of a container': () =>
    using(server().start(), async (container) => {
      await container.exec(['sh', '-c', 'echo kept >/kept'])
      const id = await container.commit({ repo: `kept-${process.pid}`, tag: '1', deleteOnExit: true })
      expect(typeof id === 'string' && id !== '', 'an id')
      await using(
        new GenericContainer(`kept-${process.pid}:1`).withCommand(['sleep', '100']).start(),
        async (made) => {
          expect((await made.exec(['cat', '/kept'])).stdout === 'kept\n', 'the file')
        },
      )
    }),
  'an image of a registry, pulled each time': () =>
    using(
      new GenericContainer(process.env['REGISTRY_IMAGE'])
        .withPullPolicy(PullPolicy.alwaysPull())
        .withCommand(['sleep', '100'])
        .start(),
      async () => undefined,
    ),
  'a project of compose': async () => {
    const project = join(folder, 'project')
    mkdirSync(project, { recursive: true })
    const web = `    image: busybox\n    command: ${JSON.stringify(SERVE)}\n    ports: ["80"]\n`
    writeFileSync(join(project, 'compose.yaml'), `services:\n  web:\n${web}  other:\n${web}`)
    const environment = await new DockerComposeEnvironment(project, 'compose.yaml')
      .withWaitStrategy('web-1', Wait.forListeningPorts())
      .up()
    try {
      expect((await page(environment.getContainer('web-1'))) === 'hello\n', 'the page')
    } finally {
      await environment.down()
    }
  },
  'a module, by what it waits for': () =>
    using(new PostgreSqlContainer('postgres:16').withDatabase('shop').start(), async (container) =>
      expect(container.getConnectionUri().endsWith('/shop'), container.getConnectionUri()),
    ),
  'what is left to the reaper': async () => {
    const container = await server().start()
    const network = await new Network().start()
    console.error(`left ${container.getId()} ${network.getId()}`)
  },
}

// It lets go of connections that it waits on, as test runners are there anyway.
setInterval(() => undefined, 1000)

const results = {}
for (const [name, run] of Object.entries(CASES)) {
  if (only.length > 0 && !only.some((part) => name.includes(part))) continue
  results[name] = await run().then(
    () => 'ok',
    (cause) => String(cause instanceof Error ? cause.message : cause),
  )
  console.error(`${name}: ${results[name]}`)
}
console.log(JSON.stringify(results))
process.exit(0)
