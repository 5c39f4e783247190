/** What comes as an archive: contexts of builds, images to load or to import, files for a container. */
import { pipeline as joinStreams } from 'node:stream'
import type { ArchivedImage } from '../decode/image-layout.ts'
import { BuildContext } from './build-context.ts'
import type { CheckedArchive } from './checked-archive.ts'
import { ImageArchive } from './image-archive.ts'
import { PlainArchive } from './plain-archive.ts'
import { errorReply, type Reply } from '../engine/reply.ts'
import { unpacked } from './unpacker.ts'
import { checkLoaded } from '../decide/image-room.ts'
import { checkLoadedNames } from '../decide/image-transfer.ts'
import type { WorkerPolicy } from '../policy/policy.ts'
import { ONCE_MORE, refuseAll, type Violation } from '../decide/refuse.ts'
import type { Ownership } from '../world/ownership.ts'
import type { BuildPermit, ContainerPermit, ImportPermit, LoadPermit } from '../decide/verdict.ts'
import { imagesListed, ownersOfNames } from '../resolve/images.ts'
import { givenImage } from '../resolve/own-images.ts'
import type { Images } from '../world/images.ts'
import { BuildImages, PullFailed } from './build-images.ts'
import { claimLoaded, storedNames } from './load.ts'
import type { Change } from '../record/store.ts'
import { inTurns } from '../schedule/in-turns.ts'
import { refusedOnTheWay, send, type Undertaking } from './exchange.ts'

/** A context reaches the engine whole only if its Dockerfile takes nothing from elsewhere, and nothing unseen. */
export async function build(undertaking: Undertaking, permit: BuildPermit): Promise<Reply> {
  const { call, right, outcome } = undertaking
  const about = {
    gate: call.gate,
    right,
    minor: call.connected.facts.minor,
    share: call.gate.scheduler.share(right.worker.name, call.gone.signal),
    settled: (changes: readonly Change[]) => outcome.add(changes),
    pulled: (name: string) => outcome.concerns(`pulled ${name}`),
    begun: (ids: Iterable<string>) => outcome.buildUpon(ids),
  }
  const images = new BuildImages(about, permit)
  const context = new BuildContext(permit.operation.dockerfile, (dockerfile) => images.pin(dockerfile))
  try {
    return await sendChecked(undertaking, permit, context)
  } catch (cause) {
    if (context.errored instanceof PullFailed)
      return outcome.close(errorReply(context.errored.status, context.errored.message))
    throw cause
  } finally {
    // What was pulled is written with the outcome.
    await images.idle()
  }
}

/** An archive of images reaches the engine whole only if its names are the worker's to give, and its images have room. */
export function load(undertaking: Undertaking, permit: LoadPermit): Promise<Reply> {
  const { right, call } = undertaking
  const { gate, connected } = call
  const { facts } = connected
  const knownAnew = async (references: readonly string[]): Promise<Images> => {
    await gate.sight.look(references)
    return { images: await gate.sight.whenKnown(), ownership: gate.ownership }
  }
  const names = async (written: readonly string[]) => {
    const known = await knownAnew(storedNames(written))
    const namesOf = (worker: WorkerPolicy) =>
      checkLoadedNames(worker.docker.run, written, ownersOfNames(known, worker, written))
    const { worker } = right
    const violations = [...namesOf(worker), ...lentNames(gate.ownership, written)]
    if (violations.length > 0) return violations
    right.alsoHolds(namesOf)
    undertaking.outcome.atEnd(gate.ownership.namesGiven.reserve(worker.name, storedNames(written)))
    return violations
  }
  const images = async (found: readonly ArchivedImage[]) => {
    const known = await knownAnew(found.map(({ id }) => id))
    const missing = found.filter(({ id }) => known.images.get(id) === undefined)
    const { name } = right.worker
    const violations = checkLoaded(found, missing, imagesListed(known, name, facts), facts)
    if (violations.length > 0) return violations
    const claims = claimLoaded(known, name, found)
    undertaking.outcome.expect(claims)
    await gate.persist(claims.map((claim) => ({ type: 'claim', claim })))
    return []
  }
  return sendChecked(
    undertaking,
    permit,
    new ImageArchive(facts.containerd, {
      nameOf: (written) => givenImage(right.worker, written),
      names,
      images,
      turn: () => call.share.turn(),
    }),
  )
}

/** Files for a container, which an engine puts there as they come, or those of an image. */
export function putFiles(undertaking: Undertaking, permit: ContainerPermit | ImportPermit): Promise<Reply> {
  return sendChecked(undertaking, permit, new PlainArchive(permit.on === 'import' ? 'import' : 'cp'))
}

/** Sends an archive that is checked on its way. */
async function sendChecked(
  undertaking: Undertaking,
  permit: BuildPermit | LoadPermit | ContainerPermit | ImportPermit,
  archive: CheckedArchive,
): Promise<Reply> {
  const { call, outcome } = undertaking
  // What breaks here shows in the request that it is the body of.
  if (call.content === undefined) archive.end()
  else joinStreams(inTurns(call.share, unpacked(call.content)), archive, () => undefined)
  try {
    return await send(undertaking, permit, archive)
  } catch (cause) {
    if (archive.violations.length === 0) throw cause
    return outcome.close(refusedOnTheWay(undertaking, refuseAll(permit.on, archive.violations)))
  }
}

/** Names that are pushed at this moment: their images keep them for that long. */
function lentNames({ namesLent }: Ownership, names: readonly string[]): readonly Violation[] {
  return names
    .filter((name) => storedNames([name]).some((stored) => namesLent.workerOf(stored) !== undefined))
    .map((name) => ({
      rule: 'image.name',
      what: `name in the archive = ${name}`,
      why: 'this name is pushed at this moment',
      instead: [ONCE_MORE],
    }))
}
