/** What a worker may see of the engine's answers: asked object by object while an answer is read. */
import { looksLikeImageId, parseReference, storedReference } from '../decode/reference.ts'
import { USUAL_SOCKET } from '../policy/docker-socket.ts'
import { someImageMatches } from '../policy/match.ts'
import type { WorkerPolicy } from '../policy/policy.ts'
import { reachOf } from '../policy/reach.ts'
import { spaceOf, type Space } from '../policy/space.ts'
import type { NetworkFacts } from '../resolve/facts.ts'
import { containerById, containersInReach } from '../resolve/containers.ts'
import { networkById } from '../resolve/networks.ts'
import type { ImageSight } from '../world/image-sight.ts'
import type { KnownImage } from '../world/known-images.ts'
import type { World } from '../world/world.ts'
import { KEEP_ALL, type Keep } from './by-words.ts'
import { objectOf, textOf, type Unknown } from '../shared/json-value.ts'
import { markOf } from '../shared/labels.ts'

export interface View {
  /** Whether a container is in reach, by its full id or its first 12 digits. */
  readonly container: (id: string) => boolean
  /** Whether a container is being made for the worker at this moment, by the claim in its labels. */
  readonly claim: (nonce: string) => boolean
  /** Whether the worker may see everything of a container in reach: its own, or by `inspect`. */
  readonly inspectable: (id: string) => boolean
  /** Whether a container of this name is the worker's own. */
  readonly ownName: (name: string) => boolean
  /** Whether the worker made an exec. */
  readonly exec: (id: string) => boolean
  /** Whether an image is the worker's by id. */
  readonly image: (id: string) => boolean
  /** Whether an image's name is among the worker's: what its own name means to it is told of nobody else's image. */
  readonly imageName: (name: string) => boolean
  /** Whether a volume of that name is the worker's, as far as a name tells. */
  readonly volumeName: (name: string) => boolean
  /** Whether a volume is the worker's: its name can have become another's since the engine was asked, its claim can't. */
  readonly volume: (volume: Unknown) => boolean
  /** Whose a network is, by its full id; undefined out of reach. */
  readonly network: (id: string) => NetworkFacts['owner'] | undefined
  /** How many containers are in reach, and images that a list has. */
  readonly counts: () => Counts
  /** How the worker calls its own. */
  readonly words: Words
  /** Whether something in a list, or an event, is what was asked for by names and labels. */
  readonly keep: Keep
  /** Whether a name of an image, as it is told, is what was asked for. */
  readonly keepName: (name: string) => boolean
}

/** What things are called, by the names that an engine has: those of others as they are. */
export interface Words {
  /** @param id of the container in full, which may be gone */
  readonly container: (id: string, name: string) => string
  readonly network: (id: string, name: string) => string
  /** The name of a network that is known by its id. */
  readonly networkOf: (id: string) => string | undefined
  readonly volume: (name: string) => string
  /** Names of images in a text. */
  readonly image: (text: string) => string
  /** The same, with names in full. */
  readonly fullImage: (text: string) => string
  /** A text of an engine's about it. */
  readonly text: (text: string) => string
  /** What is known to be its own. */
  readonly own: (name: string) => string
  /** What a container's create asked for where the engine was given something else, as it was written (Asked in decode/). */
  readonly asked: (id: string) => Unknown
  /** What the gate holds in a place of its own; undefined where it holds nothing. */
  readonly heldAt: (place: string) => string | undefined
  /** Whether a place is that of a socket for containers. */
  readonly isSocket: (place: string) => boolean
  /** Without those of the gate. */
  readonly labels: (labels: Unknown) => Unknown
}

interface Counts {
  readonly containers: number
  readonly running: number
  readonly images: number
}

/** What there is, with the engine's images as far as they are known. */
interface Seen extends World {
  readonly sight: Pick<ImageSight, 'known'>
}

/** What a worker may, as the policy has it that is in force. */
interface Holder {
  readonly worker: WorkerPolicy
}

/** Digits of a container's id, whole and as it is shown. */
const FULL_ID = 64
const SHORT_ID = 12

/** The view of a worker at this moment; streams ask it anew for each object. */
export function viewOf(world: Seen, holder: Holder): View {
  const { ownership } = world
  const { name: own } = holder.worker
  const isOwn = (id: string): boolean => ownership.recentOwner(id) === own
  const space = spaceOf(holder.worker)
  const isSocket = (place: string): boolean => world.sockets.workerAt(place) !== undefined
  const named = (id: string) => {
    if (id.length === FULL_ID) return containerById(world, holder.worker, id)
    // A shorter one is none: the event of a prune has an empty one, with which every id begins.
    if (id.length < SHORT_ID) return undefined
    return containersInReach(world, holder.worker).find((container) => container.id.startsWith(id))
  }
  const imageName = (name: string): boolean => seesImage(ownership, holder, space, name)
  return {
    container: (id) => isOwn(id) || named(id) !== undefined,
    claim: (nonce) => ownership.hasClaim(own, nonce),
    inspectable: (id) => {
      if (isOwn(id)) return true
      const container = named(id)
      return container !== undefined && reachOf(holder.worker, container.policyName).includes('inspect')
    },
    ownName: (name) => isOwn(world.inventory.containerNamed(name)?.id ?? ''),
    exec: (id) => world.execs.get(own, id) !== undefined,
    image: (id) => ownership.owner('image', id) === own,
    imageName,
    volumeName: (name) => ownership.owner('volume', name) === own,
    volume: ({ Name, Labels }) => {
      const owned = ownership.get('volume', textOf(Name))
      return owned?.worker === own && owned.nonce === markOf(objectOf(Labels))
    },
    network: (id) => networkById(world, holder.worker, id)?.owner,
    counts: () => {
      const containers = containersInReach(world, holder.worker)
      const images = topImages(world).filter(
        ({ id, names }) => ownership.owner('image', id) === own || names.some(imageName),
      )
      return {
        containers: containers.length,
        running: containers.filter(({ running }) => running).length,
        images: images.length,
      }
    },
    keep: KEEP_ALL,
    keepName: () => true,
    words: {
      container: (id, name) => (isOwn(id) ? space.wordFor(name) : name),
      network: (id, name) => {
        const { inventory } = world
        // Before a container's first start an engine can tell a network by its name alone, or by its id.
        const known = [id, name].find((one) => inventory.networkName(one) !== undefined)
        const network = known ?? inventory.networkNamed(name)
        // One that is gone was on a container of its own.
        if (network === undefined || ownership.owner('network', network) === own)
          return space.wordFor(inventory.networkName(network ?? '') ?? name)
        return inventory.networkName(network) ?? name
      },
      networkOf: (id) => networkById(world, holder.worker, id)?.word,
      volume: (name) => (ownership.owner('volume', name) === own ? space.wordFor(name) : name),
      image: (text) => space.images.inWords(text),
      fullImage: (text) => space.images.inFull(text),
      text: (text) => space.inWords(text),
      own: (name) => space.wordFor(name),
      asked: (id) => world.made.asked(isOwn(id) ? (ownership.get('container', id)?.nonce ?? '') : ''),
      heldAt: (place) => world.pins.originOf(place) ?? (isSocket(place) ? USUAL_SOCKET : undefined),
      isSocket,
      labels: (labels) => space.labelsOf(labels),
    },
  }
}

/** Those that an engine lists: what has a name, or no step upon it; none before they are known. */
function topImages({ sight: { known } }: Seen): readonly KnownImage[] {
  return known === undefined
    ? []
    : [...known.all()].filter(({ id, names }) => names.length > 0 || !known.isNeeded(id, id))
}

/** Whether a worker may know of an image by a name of it. */
function seesImage(ownership: World['ownership'], { worker }: Holder, space: Space, name: string): boolean {
  // The event of an image that is loaded, saved or removed has its id for a name, which a pattern could cover.
  const reference = looksLikeImageId(name) ? undefined : parseReference(name)
  if (reference === undefined) return false
  if (space.images.holds(reference.name)) return true
  const stored = storedReference(reference)
  // What an engine told of may be what it was a while ago.
  const wasHidden = ownership.namesGiven.wasAnothers(worker.name, stored)
  if (wasHidden && ownership.owner('tag', stored) !== worker.name) return false
  const ownName = space.images.isOwn ? storedReference(space.images.nameOf(reference)) : undefined
  const isOwnToo = ownName !== undefined && ownership.owner('tag', ownName) === worker.name
  return !isOwnToo && someImageMatches(worker.docker.run.images, reference)
}
