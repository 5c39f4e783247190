/** Names of audit entries. */

import { randomFillSync } from 'node:crypto'

/** 32 characters without look-alikes: no i, l, o, u. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const LENGTH = 12

/** Random bytes are fetched for many ids at once: one fetch costs more than an id. */
const pool = Buffer.alloc(LENGTH * 512)
let used = pool.length

/** Whether a text can be the name of an entry. */
export function isRecordId(text: string): boolean {
  return /^[0-9a-hjkmnp-tv-z]{12}$/.test(text)
}

/** A new name of 12 characters, 60 random bits. */
export function newRecordId(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  let id = ''
  for (const end = used + LENGTH; used < end; used += 1) {
    id += ALPHABET.charAt(pool.readUInt8(used) & 31)
  }
  return id
}
