/** Writes decisions before their effect and outcomes after it, and tells whoever watches. */
import type { Recorded } from '../decode/operation.ts'
import { isChange } from '../decode/properties.ts'
import type { Caller } from '../workers/caller.ts'
import type { AnyPermit, Verdict } from '../decide/verdict.ts'
import type { Steps } from '../schedule/scheduler.ts'
import { shorten } from '../shared/refusal.ts'
import { warnOf } from '../shared/warn.ts'
import type { Change, Store } from '../record/store.ts'
import type { Detail } from './detail.ts'
import type { DecisionEntry, OutcomeEntry } from '../record/entry.ts'
import { newRecordId } from '../record/id.ts'
import type { Hash } from './redact.ts'

/** Characters of a reason, of what an entry is about (some hundred ids), and of what was refused. */
const LONGEST_REASON = 500
const LONGEST_TARGET = 16_000
const LONGEST_REFUSED = 4000

export class Recorder {
  readonly #store: Store
  readonly #hash: Hash
  readonly #watch: (entry: DecisionEntry) => void

  /** @param hash of secret values. @param watch is told of each decision once it is recorded */
  constructor(store: Store, hash: Hash, watch: (entry: DecisionEntry) => void) {
    this.#store = store
    this.#hash = hash
    this.#watch = watch
  }

  /** The operation as the record will hold it. */
  detailOf(detail: Detail, { effect }: Verdict<AnyPermit>): string | Steps<string> {
    return detail.text(this.#hash, effect === 'refuse' ? LONGEST_REFUSED : Infinity)
  }

  /**
   * Records a decision. Resolves when the request may go on: for a change, and for a refusal of anything, when it is on disk.
   * @param detail the operation as `detailOf` gives it
   * @param changes what has to be written together with it where it is allowed: claims
   * @throws {StoreUnavailable} where it can't be recorded
   */
  open(
    caller: Caller,
    { operation }: { readonly operation: Recorded },
    verdict: Verdict<AnyPermit>,
    detail: string,
    changes: readonly Change[],
  ): DecisionEntry | Promise<DecisionEntry> {
    const refused = verdict.effect === 'refuse'
    const entry: DecisionEntry = {
      phase: 'decision',
      id: newRecordId(),
      time: Date.now(),
      worker: caller.identity.name,
      door: caller.rehearsal === undefined ? caller.door : `${caller.door} rehearsal`,
      key: caller.key,
      operation: operation.kind,
      subcommand: verdict.subcommand,
      target: refused ? '' : shorten(targetOf(verdict.permit), LONGEST_TARGET),
      decision: refused ? 'refuse' : 'allow',
      rule: refused ? verdict.refusal.rule : verdict.rule,
      reason: refused ? shorten(`${verdict.refusal.what}: ${verdict.refusal.why}`, LONGEST_REASON) : '',
      // What was not done is recorded by its reason; how it was asked in full would let refusals fill the disk. What was
      // allowed is recorded whole: decide/record-size.ts lets nothing through that is too long for it.
      detail: shorten(detail, refused ? LONGEST_REFUSED : Infinity),
    }
    if (!refused && !isChange(operation.kind)) {
      this.#store.note(entry)
      this.#watch(entry)
      return entry
    }
    // Who is refused much is whom the record is for: a refusal waits for the disk as a change does.
    const together = refused ? [] : changes
    return this.#store.write([{ type: 'entry', entry }, ...together], 'synced').then(() => {
      this.#watch(entry)
      return entry
    })
  }

  /** Records that a container is stopped on the operator's word, since it does not fit the policy. @throws {StoreUnavailable} */
  async openEnforced(misfit: {
    readonly worker: string
    readonly id: string
    readonly rule: string
    readonly what: string
    readonly why: string
  }): Promise<DecisionEntry> {
    const { worker, id, rule, what, why } = misfit
    const reason = shorten(`${what}: ${why}`, LONGEST_REASON)
    return this.#openOwn({
      worker,
      operation: 'container.stop',
      subcommand: 'enforce',
      target: id,
      rule,
      reason,
    })
  }

  /** Records that the gate starts a container whose restart policy asks for it. @throws {StoreUnavailable} */
  async openStarted(worker: string, id: string, reason: string): Promise<DecisionEntry> {
    const rule = 'run.restart'
    return this.#openOwn({
      worker,
      operation: 'container.start',
      subcommand: 'start',
      target: id,
      rule,
      reason,
    })
  }

  /** What the gate does of itself, for the operator. */
  async #openOwn(
    about: Pick<DecisionEntry, 'worker' | 'operation' | 'subcommand' | 'target' | 'rule' | 'reason'>,
  ): Promise<DecisionEntry> {
    const entry: DecisionEntry = {
      ...about,
      phase: 'decision',
      id: newRecordId(),
      time: Date.now(),
      door: 'control',
      decision: 'allow',
      detail: '{}',
    }
    await this.#store.write([{ type: 'entry', entry }], 'synced')
    this.#watch(entry)
    return entry
  }

  /** Records what came of a change; what was read has no outcome of its own. @param status the engine's, 0 for none */
  close(
    decision: DecisionEntry,
    status: number,
    reason: string,
    target: string,
    changes: readonly Change[],
  ): void {
    const outcome: OutcomeEntry = {
      phase: 'outcome',
      id: newRecordId(),
      time: Date.now(),
      worker: decision.worker,
      of: decision.id,
      operation: decision.operation,
      target: target === '' ? decision.target : shorten(target, LONGEST_TARGET),
      status,
      reason: shorten(reason, LONGEST_REASON),
    }
    // 'kept' is queued whatever the state of the disk: what it tells has happened.
    this.#store
      .write([{ type: 'entry', entry: outcome }, ...changes], 'kept')
      .catch(warnOf('recording an outcome'))
  }
}

function targetOf(permit: AnyPermit): string {
  switch (permit.on) {
    case 'commit':
    case 'container':
    case 'exec create':
    case 'update':
      return permit.container.id
    case 'create':
      return permit.operation.name ?? ''
    case 'exec':
      return permit.operation.exec
    case 'host':
      return permit.operation.words.join(' ')
    case 'image':
      return permit.reference
    case 'tag':
    case 'import':
      return permit.name ?? ''
    case 'push':
      return permit.tag === undefined ? permit.name : `${permit.name}:${permit.tag}`
    case 'save':
      return permit.references.join(' ')
    case 'pull':
      return `${permit.name}:${permit.tag}`
    case 'network':
      return permit.network.id
    case 'network member':
      return `${permit.network.id} ${permit.container.id}`
    case 'volume':
      return permit.operation.volume
    case 'network create':
      return permit.operation.name
    case 'volume create':
      return permit.operation.name ?? ''
    case 'build':
    case 'solve':
      return permit.tags.join(' ')
    case 'graph':
      return permit.operation.graph.images.join(' ')
    case 'build connection':
    case 'frontend':
    case 'container list':
    case 'engine':
    case 'list':
    case 'load':
    case 'prune':
    case 'search':
      return ''
  }
}
