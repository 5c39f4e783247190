/**
 * Makes one executable file of Dockgate and its runtime: a bundle of the source as the only script of a Node single executable
 * application. See `--help`.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { bundle } from './bundle.ts'
import { textOfLicenses } from './licenses.ts'

const USAGE = `usage: npm run executable [-- --architecture x64|arm64]
  Makes out/dockgate-linux-x64 (or -arm64): Dockgate and its runtime in one file, which needs nothing but the C library. Its licences are in
  out/licenses.txt, and in the file ('dockgate licenses'). For another architecture than the machine's its runtime comes by npm.
  Needs Debian's binutils (for arm64 on x64: binutils-aarch64-linux-gnu), which take the debugging symbols out.
`
const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const OUT = join(ROOT, 'out')
const SCRIPT = 'dockgate.cjs'
const BLOB = 'dockgate.blob'
const LICENSES = 'licenses.txt'
/** By which Node finds what is put into it. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'
const STRIP = { x64: 'strip', arm64: 'aarch64-linux-gnu-strip' } as const
type Architecture = keyof typeof STRIP

/** What the lock file says of each package. */
const lock = z.object({
  packages: z.record(z.string(), z.object({ version: z.string(), integrity: z.string() }).partial()),
})

const { values } = parseArgs({
  options: { architecture: { type: 'string', default: process.arch }, help: { type: 'boolean', short: 'h' } },
})
const architecture = z.enum(['x64', 'arm64']).safeParse(values.architecture)
if (values.help === true) process.stdout.write(USAGE)
else if (architecture.success) await main(architecture.data)
else {
  process.stderr.write(`dockgate: error: no architecture ${values.architecture}; there are x64 and arm64\n`)
  process.exitCode = 64
}

async function main(target: Architecture): Promise<void> {
  requireStrip(target)
  mkdirSync(OUT, { recursive: true })
  const runtime = runtimeOf(target)
  const bundled = await bundle({
    file: join(OUT, SCRIPT),
    format: 'cjs',
    codeSplitting: false,
    // Lines stay, for errors that print theirs.
    minify: { compress: true, mangle: true, codegen: { removeWhitespace: false } },
  })
  writeFileSync(join(OUT, LICENSES), textOfLicenses([runtime, ...bundled]))
  prepare(target === process.arch)
  const file = join(OUT, `dockgate-linux-${target}`)
  rmSync(file, { force: true })
  copyFileSync(join(runtime, 'bin', 'node'), file)
  chmodSync(file, 0o755)
  execFileSync(STRIP[target], ['--strip-all', file])
  execFileSync('postject', [file, 'NODE_SEA_BLOB', join(OUT, BLOB), '--sentinel-fuse', FUSE], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  for (const left of [BLOB, SCRIPT]) rmSync(join(OUT, left))
  process.stdout.write(`${relative(process.cwd(), file)}\n`)
}

function requireStrip(target: Architecture): void {
  const program = STRIP[target]
  if (spawnSync(program, ['--version']).error === undefined) return
  const name = program === 'strip' ? 'binutils' : 'binutils-aarch64-linux-gnu'
  process.stderr.write(`dockgate: error: ${program} is missing; run 'apt-get install ${name}' first\n`)
  process.exit(69)
}

/**
 * Writes what is put into Node's own program.
 * @param isNative whether it runs on this machine, whose compiled code it can then have in it. @throws where Node can't make it
 */
function prepare(isNative: boolean): void {
  const config = {
    // By names alone: the first stands in the file, and in traces of errors.
    main: SCRIPT,
    output: BLOB,
    assets: { [LICENSES]: LICENSES },
    useCodeCache: isNative,
    disableExperimentalSEAWarning: true,
    // Flags of V8's cost each start 30 ms (src/main.ts); what a client of SSH sends as NODE_OPTIONS counts for nothing.
    execArgv: ['--disable-warning=ExperimentalWarning', '--disable-proto=delete'],
    execArgvExtension: 'cli',
  }
  const file = join(OUT, 'sea.json')
  writeFileSync(file, JSON.stringify(config))
  // With a seed, compiled code is the same each time.
  execFileSync(process.execPath, ['--random-seed=1', '--experimental-sea-config', file], {
    cwd: OUT,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  rmSync(file)
}

/** The folder of Node's package for an architecture. */
function runtimeOf(target: Architecture): string {
  const name = `node-linux-${target}`
  const installed = join(ROOT, 'node_modules', name)
  return existsSync(installed) ? installed : fetchRuntime(name)
}

/** Node's package for an architecture that is not this machine's, as the lock file has it. */
function fetchRuntime(name: string): string {
  const { packages } = lock.parse(JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')))
  const { version = '', integrity = '' } = packages[`node_modules/${name}`] ?? {}
  const folder = join(OUT, `${name}-${version}`)
  if (existsSync(folder)) return join(folder, 'package')
  const archive = join(OUT, `${name}-${version}.tgz`)
  execFileSync('npm', ['pack', '--silent', `${name}@${version}`, '--pack-destination', OUT], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`
  if (found !== integrity) throw new Error(`${archive} is not what package-lock.json has: ${found}`)
  mkdirSync(folder)
  execFileSync('tar', ['-xzf', archive, '-C', folder])
  rmSync(archive)
  return join(folder, 'package')
}
