/** Brings the record of owners in line with what the engine has, whenever everything was listed. */
import { CHANGE } from '../decode/properties.ts'
import type { EngineLists } from '../engine/questions/system.ts'
import type { Change, Claim, OwnedKind } from '../record/store.ts'
import { CLAIM_LABEL, markOf } from '../shared/labels.ts'
import { nameAmong } from '../shared/container-names.ts'
import { objectOf, textOf, textsOf, type Unknown } from '../shared/json-value.ts'
import type { Images } from './images.ts'
import type { Ownership } from './ownership.ts'
import { unnamedVolumes } from './unnamed-volumes.ts'

/**
 * To be called before a listing; what it returns takes the lists and gives the changes to write.
 * Only what was owned before the listing can be missed by it: what was made meanwhile may not be in the lists.
 */
export function beginReconciling(ownership: Ownership): (lists: EngineLists) => readonly Change[] {
  const before = [...ownership.all('container'), ...ownership.all('network'), ...ownership.all('volume')]
  return ({ containers, volumes, networks }) => {
    const ids = new Set([...containers, ...networks].map((object) => textOf(object['Id'])))
    const marks = new Map(
      volumes.map((volume) => [textOf(volume['Name']), markOf(objectOf(volume['Labels']))]),
    )
    const gone = before.filter(({ kind, id, nonce }) =>
      // A volume of the same name that somebody made anew does not carry the claim.
      kind === 'volume' ? marks.get(id) !== nonce : !ids.has(id),
    )
    return [
      ...gone.flatMap((owned) => ownership.forgetSame(owned) ?? []),
      ...settleClaims(ownership, [
        ...containers.map((one) => made('container', one, textOf(one['Id']), firstName(one))),
        ...networks.map((one) => made('network', one, textOf(one['Id']), textOf(one['Name']))),
        ...volumes.map((one) => made('volume', one, textOf(one['Name']), textOf(one['Name']))),
      ]),
      ...containers.flatMap((container) => takeVolumes(ownership, container, marks)),
    ]
  }
}

/** Volumes of an own container that nothing is known of: an engine named them. @param marks by names of volumes */
function takeVolumes(
  ownership: Ownership,
  container: Unknown,
  marks: ReadonlyMap<string, string>,
): readonly Change[] {
  const worker = ownership.owner('container', textOf(container['Id']))
  if (worker === undefined) return []
  return unnamedVolumes(container).flatMap((name) => {
    const mark = marks.get(name)
    return mark === undefined ? [] : ownership.takeUnnamed(worker, name, mark)
  })
}

/**
 * To be called whenever other is known of images: forgets those that are gone, and names that are gone or another image's by now,
 * and settles what is there by now of that which calls that broke off were to bring. Returns the changes to write.
 */
export function reconcileImages(known: Images): readonly Change[] {
  const { images, ownership } = known
  const owned = ownership.all('image').filter(({ id }) => images.get(id) === undefined)
  const tags = ownership.all('tag').filter(({ id, name }) => images.named(id)?.id !== name)
  const gone = [...owned, ...tags].flatMap(({ kind, id }) => forget(ownership, kind, id))
  const unsure = ownership.unsureClaims().filter(({ kind }) => isOfImages(kind))
  return [...gone, ...settleThere(known, unsure, (claim) => isOld(ownership.ageOf(claim)))]
}

/** Settles the claims of a call that is over. Returns the changes to write. */
export function settleImageClaims(known: Images, claims: readonly Claim[]): readonly Change[] {
  const open = claims.filter(({ nonce }) => known.ownership.isClaimed(nonce))
  return settleThere(known, open, () => true)
}

/** @param isOver whether a claim on what is not there is to be dropped */
function settleThere(
  { images, ownership }: Images,
  claims: readonly Claim[],
  isOver: (claim: Claim) => boolean,
): readonly Change[] {
  const settled = (claim: Claim, isThere: boolean, id = claim.id): readonly Change[] => {
    if (isThere) return [ownership.settle(claim, id)]
    return isOver(claim) ? [ownership.drop(claim)] : []
  }
  const tags = claims.filter(({ kind }) => kind === 'tag')
  const ofImages = claims.filter(({ kind }) => kind === 'image')
  return [
    ...tags.flatMap((claim) => settled(claim, images.named(claim.id)?.id === claim.name)),
    // One that has the operator's name came by another way too.
    ...ofImages.flatMap((claim) => {
      const image = claim.id === '' ? images.claimed(claim.nonce) : images.get(claim.id)
      const isGiven = (name: string): boolean => ownership.isGiven(name, image?.id ?? '')
      const isThere = image?.names.every(isGiven) ?? false
      return settled(claim, isThere, image?.id)
    }),
  ]
}

function isOfImages(kind: OwnedKind): boolean {
  return kind === 'image' || kind === 'tag'
}

/** An engine may still be at what it was asked for: then its event tells. What is older did not come to be. @param age milliseconds */
export function isOld(age: number): boolean {
  return age >= STILL_AT_IT
}

interface Made {
  readonly kind: OwnedKind
  readonly nonce: string
  readonly id: string
  readonly name: string
}

function made(kind: OwnedKind, object: Unknown, id: string, name: string): Made {
  return { kind, nonce: claimOf(object), id, name }
}

/** Milliseconds that an engine may work on a request whose answer was lost: one that stalls goes on long after it was given up. */
const STILL_AT_IT = CHANGE + 300_000

/** After a crash: what was made under a claim carries its nonce, which nobody but the engine was ever told. */
function settleClaims(ownership: Ownership, objects: readonly Made[]): readonly Change[] {
  const byNonce = new Map(objects.map((object) => [`${object.kind} ${object.nonce}`, object]))
  return ownership.unsureClaims().flatMap((claim) => {
    if (isOfImages(claim.kind)) return []
    const object = byNonce.get(`${claim.kind} ${claim.nonce}`)
    if (object !== undefined) return [ownership.settle(claim, object.id, object.name)]
    return isOld(ownership.ageOf(claim)) ? [ownership.drop(claim)] : []
  })
}

function claimOf(object: Unknown): string {
  return textOf(objectOf(object['Labels'])[CLAIM_LABEL])
}

function firstName(container: Unknown): string {
  return nameAmong(textsOf(container['Names'])).replace('/', '')
}

function forget(ownership: Ownership, kind: OwnedKind, id: string): readonly Change[] {
  const change = ownership.forget(kind, id)
  return change === undefined ? [] : [change]
}
