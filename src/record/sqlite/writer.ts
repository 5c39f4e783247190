/** The statements that write: one transaction for many changes. */

import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { chainRow } from '../chain.ts'
import type { Link } from '../chain.ts'
import type { AuditEntry } from '../entry.ts'
import type { Head } from '../head.ts'
import type { Change } from '../store.ts'

/** Writes all changes and the next head in one transaction, and gives that head; on any error nothing is written. */
export type Commit = (changes: readonly Change[], previous: Head) => Head

/**
 * Prepares the statements on an open database.
 * @param sign makes the head of a commit
 */
export function createCommit(database: DatabaseSync, sign: (end: Link, previous: Head) => Head): Commit {
  const statements = prepareAll(database)
  return (changes, previous) => {
    let end: Link = previous
    database.exec('BEGIN IMMEDIATE')
    try {
      for (const change of changes) {
        if (change.type === 'entry') end = insertEntry(statements.entry, end, change.entry)
        else apply(statements, change)
      }
      // With what it signs: so there is never an entry of the gate's that is not signed.
      const head = sign(end, previous)
      statements.head.run(head.text)
      database.exec('COMMIT')
      return head
    } finally {
      // SQLite has rolled back by itself after some errors, not after all.
      if (database.isTransaction) database.exec('ROLLBACK')
    }
  }
}

function insertEntry(statement: StatementSync, end: Link, entry: AuditEntry): Link {
  const row = chainRow(end, entry)
  const { seq, id, time, worker, operation, decision, about, text, prev, hash } = row
  statement.run(seq, id, time, worker, operation, decision, about, text, prev, hash)
  return row
}

function apply(statements: Statements, change: Exclude<Change, { type: 'entry' }>): void {
  switch (change.type) {
    case 'claim': {
      const { nonce, kind, worker, created, memory, nanoCpus, id, name } = change.claim
      statements.claim.run(nonce, kind, worker, created, memory, nanoCpus, id, name)
      return
    }
    case 'own': {
      const { kind, id, worker, name, created, memory, nanoCpus, nonce } = change.owned
      statements.own.run(kind, id, worker, name, created, memory, nanoCpus, nonce)
      if (change.claim !== undefined) statements.unclaim.run(change.claim)
      return
    }
    case 'disown':
      statements.unmakeOwned.run(change.kind, change.id)
      statements.disown.run(change.kind, change.id)
      return
    case 'unclaim':
      statements.unmake.run(change.nonce)
      statements.unclaim.run(change.nonce)
      return
    case 'resize':
      statements.resize.run(change.memory, change.nanoCpus, change.id)
      return
    case 'rename': {
      const { container, meant, given, asked, since } = change.renamed
      statements.rename.run(container, meant, given, asked, since)
      return
    }
    case 'unrename':
      statements.unrename.run(change.container)
      return
    case 'make':
      statements.make.run(change.made.nonce, change.made.text)
      return
    case 'unmake':
      statements.unmake.run(change.nonce)
      return
    case 'know': {
      const { name, generation, account, present } = change.worker
      statements.know.run(name, generation, account, Number(present))
      return
    }
    case 'bequeath':
      statements.giveOwned.run(change.to, change.from)
      statements.giveClaims.run(change.to, change.from)
  }
}

type Statements = ReturnType<typeof prepareAll>

function prepareAll(database: DatabaseSync) {
  return {
    entry: database.prepare('INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'),
    claim: database.prepare('INSERT OR REPLACE INTO claims VALUES (?, ?, ?, ?, ?, ?, ?, ?)'),
    own: database.prepare('INSERT OR REPLACE INTO owned VALUES (?, ?, ?, ?, ?, ?, ?, ?)'),
    disown: database.prepare('DELETE FROM owned WHERE kind = ? AND id = ?'),
    head: database.prepare('INSERT OR REPLACE INTO head VALUES (1, ?)'),
    unclaim: database.prepare('DELETE FROM claims WHERE nonce = ?'),
    resize: database.prepare(
      "UPDATE owned SET memory = ?, nano_cpus = ? WHERE kind = 'container' AND id = ?",
    ),
    rename: database.prepare('INSERT OR REPLACE INTO renamed VALUES (?, ?, ?, ?, ?)'),
    unrename: database.prepare('DELETE FROM renamed WHERE container = ?'),
    make: database.prepare('INSERT OR REPLACE INTO made VALUES (?, ?)'),
    unmake: database.prepare('DELETE FROM made WHERE nonce = ?'),
    unmakeOwned: database.prepare(
      'DELETE FROM made WHERE nonce = (SELECT nonce FROM owned WHERE kind = ? AND id = ?)',
    ),
    know: database.prepare('INSERT OR REPLACE INTO workers VALUES (?, ?, ?, ?)'),
    giveOwned: database.prepare('UPDATE owned SET worker = ? WHERE worker = ?'),
    giveClaims: database.prepare('UPDATE claims SET worker = ? WHERE worker = ?'),
  } as const
}
