/**
 * What a worker's own process says, for the operator. It has the worker's account, so the worker can write there whatever it likes:
 * little of it is told, as text and in the worker's name. The rest is dropped, and read slowly: neither the log nor the gate is kept busy.
 */
import type { Readable } from 'node:stream'
import { printable, shorten } from '../shared/refusal.ts'

/** Characters of a line that are told. */
const LONGEST = 400
/** Lines that are told in a span of time, and its milliseconds. */
const MOST = 10
const SPAN = 60_000
/** Milliseconds between two reads of what is dropped. */
const PAUSE = 100

/** Gives what tells the lines of streams, as far as there are few of them in all. */
export function lineTeller(tell: (line: string) => void): (stream: Readable) => void {
  let began = -Infinity
  let told = 0
  let isCut = false
  const isQuiet = (): boolean => told >= MOST && performance.now() - began < SPAN
  const say = (said: string): void => {
    const text = said.trim()
    if (text === '') return
    if (isQuiet()) {
      isCut = true
      return
    }
    if (performance.now() - began >= SPAN) {
      if (isCut) tell('(more was left out)')
      began = performance.now()
      told = 0
      isCut = false
    }
    told += 1
    tell(shorten(printable(text), LONGEST))
  }
  return (stream) => {
    let line = ''
    stream.setEncoding('latin1').on('data', (chunk: string) => {
      if (isQuiet()) {
        isCut = true
        line = ''
        stream.pause()
        setTimeout(() => stream.resume(), PAUSE).unref()
        return
      }
      const lines = (line + chunk).split('\n')
      // Of a line without end the beginning is kept.
      line = (lines.pop() ?? '').slice(0, LONGEST + 1)
      for (const one of lines) say(one)
    })
    stream.once('end', () => say(line))
  }
}
