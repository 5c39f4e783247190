/** How an engine knows what is packed (moby, pkg/archive), as Latin-1; Zstandard has parts that are passed over. */
const PACKINGS = {
  gzip: /^\x1f\x8b/,
  zstd: /^(?:\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18)/,
  bzip2: /^BZh/,
  xz: /^\xfd7zXZ/,
} as const
export type Packing = keyof typeof PACKINGS

/** Bytes by which all of them are known. */
export const LONGEST_MAGIC = 6

/** How something is packed that begins so; undefined where it is plain, as far as an engine sees. */
export function packingOf(start: Buffer): Packing | undefined {
  const text = start.subarray(0, LONGEST_MAGIC).toString('latin1')
  return (['gzip', 'zstd', 'bzip2', 'xz'] as const).find((packing) => PACKINGS[packing].test(text))
}
