/** The end of a change: what it did is taken over and recorded, once, whichever way it ended. */
import { isChange } from '../decode/properties.ts'
import { EngineUnavailable } from '../engine/engine.ts'
import type { Reply } from '../engine/reply.ts'
import type { Gate } from '../gate.ts'
import type { AnyPermit, CreatePermit } from '../decide/verdict.ts'
import type { Resource } from '../rights/call.ts'
import { RightEnded, type Right } from '../rights/right.ts'
import { CLAIM_LABEL } from '../shared/labels.ts'
import { objectOf, textOf, type Unknown } from '../shared/json-value.ts'
import { warnOf } from '../shared/warn.ts'
import type { Change, Claim } from '../record/store.ts'
import type { Claims } from './claims.ts'
import type { NewImages } from './images.ts'
import { tagged } from './named.ts'
import { doubted, settle } from './settle.ts'

export class Outcome {
  readonly #gate: Gate
  readonly #right: Right<Resource>
  #permit: AnyPermit
  readonly #claims: Claims
  readonly #changes: Change[] = []
  /** What it did that the decision did not know yet. */
  readonly #concerned: string[] = []
  readonly #ends: (() => void)[]
  /** What a call that brings images brings; undefined for any other. */
  #images: NewImages | undefined
  /** Whether it is on record how the call ended, or began; of a read nothing is. */
  #isWritten: boolean
  /** What it is a part of: that applies its changes, and has the entry. */
  readonly #whole: Outcome | undefined

  constructor(gate: Gate, right: Right<Resource>, permit: AnyPermit, claims: Claims, whole?: Outcome) {
    this.#gate = gate
    this.#right = right
    this.#permit = permit
    this.#claims = claims
    this.#ends = [claims.release]
    this.#isWritten = !isChange(permit.operation.kind)
    this.#whole = whole
    if (whole !== undefined) return
    right.whenEnded((why) => {
      const { record } = right
      if (this.#isWritten && record !== undefined) gate.recorder.close(record, 0, why, '', [])
    })
  }

  /** The outcome of one of the steps that this comes to. */
  part(permit: AnyPermit, claims: Claims): Outcome {
    return new Outcome(this.#gate, this.#right, permit, claims, this)
  }

  /** Sets what will know which images the call brings. */
  brings(images: NewImages): void {
    this.#images = images
    if (this.#claims.object !== undefined) images.expect([this.#claims.object])
  }

  /** Changes that are to be written with the outcome. */
  add(changes: readonly Change[]): void {
    this.#changes.push(...changes)
  }

  /** Notes what was removed, brought or made, for the record. */
  concerns(what: string): void {
    this.#concerned.push(what)
  }

  /** Notes what is to be done when the change is over, whichever way it ends. */
  atEnd(end: () => void): void {
    this.#ends.push(end)
  }

  /** Notes what a load is to bring. */
  expect(claims: readonly Claim[]): void {
    this.#images?.expect(claims)
  }

  /** Notes which images a build begins with. */
  buildUpon(ids: Iterable<string>): void {
    this.#images?.buildUpon(ids)
  }

  /** Puts a plan in the place of the one that was permitted: the same, with the places that hold its bind sources. */
  plan(permit: CreatePermit): void {
    this.#permit = permit
  }

  /** Applies what a reply tells, and records it. Returns the reply to send. */
  close(reply: Reply): Reply | Promise<Reply> {
    const { operation } = this.#permit
    if (!isChange(operation.kind)) return this.#closeRead(reply)
    const status = reply.kind === 'hijacked' ? 101 : reply.status
    if (status >= 400) {
      this.#images?.doubt()
      this.#write(status, reply.kind === 'whole' ? messageOf(reply.body) : '', '', this.#claims.drop())
      // It may be a refusal of the gate's own, as of what an archive holds.
      return this.#written().then(() => reply)
    }
    if (this.#images !== undefined && reply.kind === 'stream') {
      const settled = (changes: readonly Change[]) => this.#writeNow(status, changes)
      const { space } = this.#right.identity
      const tell = (text: string): string => space.inWords(text)
      return this.#images.follow(reply, settled, tell, () => this.#right.over?.message)
    }
    if (this.#images !== undefined && reply.kind === 'whole') {
      return this.#images.settle(reply).then(async ({ reply: told, changes }) => {
        await this.#writeNow(told.kind === 'whole' ? told.status : status, changes)
        return told
      })
    }
    if (this.#permit.on === 'tag' && this.#claims.object !== undefined) {
      this.#write(status, '', '', [tagged(this.#gate, this.#claims.object)])
      return reply
    }
    if (reply.kind === 'whole' && this.#claims.object !== undefined) {
      const made = objectOf(JSON.parse(reply.body.toString()))
      const id = this.#permit.on === 'volume create' ? textOf(made['Name']) : textOf(made['Id'])
      this.#write(status, '', id, this.#own(this.#claims.object, id, made))
      return reply
    }
    this.#takeExec(reply)
    this.#write(status, '', '', settle(this.#gate, this.#permit, this.#claims))
    return reply
  }

  /** Records how a program ended that was run. @param status as of an engine */
  ended(status: number, reason: string): void {
    this.#write(status, reason, '', [])
  }

  /** Records an exec that was made or started; it is no other worker's, though that has the same name. */
  #takeExec(reply: Reply): void {
    const { execs } = this.#gate
    const { worker, identity } = this.#right
    if (this.#permit.on === 'exec' && this.#permit.operation.kind === 'exec.start')
      execs.start(this.#permit.operation.exec, worker.name)
    if (this.#permit.on !== 'exec create' || reply.kind !== 'whole' || identity.rights === undefined) return
    const id = textOf(objectOf(JSON.parse(reply.body.toString()))['Id'])
    execs.put(id, worker.name, this.#permit.container.id, this.#permit.operation)
  }

  /** A read changes nothing; what is kept for it is kept until its answer is over. */
  #closeRead(reply: Reply): Reply {
    if (reply.kind === 'stream') reply.body.once('close', () => this.#claims.release())
    else this.#claims.release()
    return reply
  }

  /** The engine broke off, or the gate failed: whether there was an effect is not known. */
  broken(cause: unknown): void {
    if (!isChange(this.#permit.operation.kind)) return this.#claims.release()
    // What was refused on the way was not asked of the engine.
    if (cause instanceof RightEnded) {
      this.#images?.doubt()
      return this.#write(0, cause.message, '', this.#claims.drop())
    }
    const { object, volumes, rename } = this.#claims
    for (const claim of [object, ...volumes.values()])
      if (claim !== undefined) this.#gate.ownership.doubt(claim)
    if (rename !== undefined) this.#gate.renames.doubt(rename)
    this.#images?.doubt()
    // What the engine has tells which of them came to be.
    if (object !== undefined || volumes.size > 0 || rename !== undefined) this.#gate.feed.resyncNow()
    const reason =
      this.#right.over?.message ?? (cause instanceof EngineUnavailable ? cause.message : 'internal error')
    this.#write(0, reason, '', doubted(this.#gate, this.#permit))
  }

  /** Records what was made under the claim. @param made the engine's answer */
  #own(claim: Claim, id: string, made: Unknown): readonly Change[] {
    const { inventory, ownership } = this.#gate
    switch (this.#permit.on) {
      case 'create': {
        const { operation, plan } = this.#permit
        const name = inventory.container(id)?.name ?? operation.name ?? ''
        inventory.putContainer({
          id,
          name,
          claim: claim.nonce,
          image: plan.image,
          running: false,
          started: false,
          binds: plan.binds,
        })
        return [ownership.settle(claim, id, name)]
      }
      case 'network create':
        inventory.putNetwork(id, this.#permit.operation.name)
        return [ownership.settle(claim, id, this.#permit.operation.name)]
      case 'volume create':
        // Another call of the worker's made it a moment ago.
        if (objectOf(made['Labels'])[CLAIM_LABEL] !== claim.nonce) return [ownership.drop(claim)]
        inventory.putVolume(id)
        return [ownership.settle(claim, id, id)]
      // Images are claimed and settled by what brings them (images.ts).
      case 'build':
      case 'build connection':
      case 'commit':
      case 'container':
      case 'container list':
      case 'engine':
      case 'exec':
      case 'exec create':
      case 'frontend':
      case 'graph':
      case 'host':
      case 'image':
      case 'import':
      case 'list':
      case 'load':
      case 'network':
      case 'network member':
      case 'prune':
      case 'pull':
      case 'push':
      case 'save':
      case 'search':
      case 'solve':
      case 'tag':
      case 'update':
      case 'volume':
        return [ownership.drop(claim)]
    }
  }

  #brought(): string {
    return [...(this.#images?.brought() ?? []), ...this.#concerned].join(' ')
  }

  /** Images carry no claim: whose they are is on disk before the worker is told of them. */
  async #writeNow(status: number, changes: readonly Change[]): Promise<void> {
    this.#write(status, this.#right.over?.message ?? '', this.#brought(), changes)
    await this.#written()
  }

  /** Waits for the outcome to be on disk. Where that fails it is written as soon as the disk takes it again. */
  async #written(): Promise<void> {
    if (this.#whole !== undefined) return
    await this.#gate.persist([]).catch(warnOf('recording an outcome'))
  }

  #write(status: number, reason: string, target: string, changes: readonly Change[]): void {
    for (const end of this.#ends) end()
    const all = [...this.#changes, ...changes]
    const what = target === '' ? this.#concerned.join(' ') : target
    this.#isWritten = true
    if (this.#whole !== undefined) return this.#whole.add(all)
    const { record } = this.#right
    if (record !== undefined) this.#gate.recorder.close(record, status, reason, what, all)
  }
}

function messageOf(body: Buffer | string): string {
  return textOf(objectOf(JSON.parse(body.toString()))['message'])
}
