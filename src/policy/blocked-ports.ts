/** Ports that browsers do not speak to ("bad ports", https://fetch.spec.whatwg.org/#port-blocking): who is handed one has a service that nothing shows. */
import { wordsIn } from '../shared/words.ts'

const BLOCKED: readonly number[] = wordsIn(`
  1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 113 115 117 119 123 135 137 139 143
  161 179 389 427 465 512 513 514 515 526 530 531 532 540 548 554 556 563 587 601 636 989 990 993 995 1719 1720 1723 2049 3659
  4045 4190 5060 5061 6000 6566 6665 6666 6667 6668 6669 6679 6697 10080
`).map(Number)

interface Range {
  readonly from: number
  readonly to: number
}

/** The longest part of a range in which browsers block no port, as an engine takes any of what it is sent; undefined where they block all. */
export function unblockedPart({ from, to }: Range): Range | undefined {
  const ends = [from - 1, ...BLOCKED.filter((port) => port >= from && port <= to), to + 1]
  const parts = ends.slice(1).map((end, index) => ({ from: (ends[index] ?? 0) + 1, to: end - 1 }))
  const [longest] = parts.toSorted((one, other) => other.to - other.from - (one.to - one.from))
  return longest !== undefined && longest.from <= longest.to ? longest : undefined
}
