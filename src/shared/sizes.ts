/** Sizes and CPUs as Docker writes them. */

const UNITS: Readonly<Record<string, number>> = { '': 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }

/** What `parseSize` reads; also in the JSON Schema. */
export const SIZE = /^[0-9]{1,16}(\.[0-9]{1,9})?[bkmgBKMG]?$/

/** `512m` or `1.5g` in bytes, rounded down; undefined where it is not a size or beyond exact integers. */
export function parseSize(text: string): number | undefined {
  if (!SIZE.test(text)) return undefined
  const unit = text.replace(/[0-9.]/g, '').toLowerCase()
  const bytes = Math.floor(Number.parseFloat(text) * (UNITS[unit] ?? Number.NaN))
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

/** Bytes in the largest unit that needs no decimals: `4g`, `1536m`. */
export function formatSize(bytes: number): string {
  const unit = ['g', 'm', 'k'].find((name) => bytes > 0 && bytes % (UNITS[name] ?? 1) === 0)
  return unit === undefined ? `${bytes}b` : `${bytes / (UNITS[unit] ?? 1)}${unit}`
}

const NANO = 10 ** 9
const MOST_CPUS = 4096

/** CPUs with up to three decimals (`0.125`) in billionths of a CPU; undefined for any other number. */
export function parseCpus(cpus: number): number | undefined {
  const thousandths = Math.round(cpus * 1000)
  if (!(cpus > 0 && cpus <= MOST_CPUS) || Math.abs(cpus * 1000 - thousandths) > 1e-6) return undefined
  return thousandths * (NANO / 1000)
}

/** Billionths of a CPU as a number of CPUs: `0.5`. */
export function formatCpus(nanoCpus: number): string {
  return String(nanoCpus / NANO)
}
