/** Tars that are made byte by byte, for what no program writes. */

/** One header with its content and padding; the checksum is made last, so that it is right for what `change` does. */
export function tarBlock(
  name: string,
  type: string,
  content: string | Buffer = '',
  change: (header: Buffer) => unknown = () => undefined,
): Buffer {
  const header = Buffer.alloc(512)
  const bytes = Buffer.from(content)
  header.write(name, 0)
  header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124)
  header.write(type, 156)
  header.write('ustar\x0000', 257, 'latin1')
  change(header)
  header.fill(' ', 148, 156)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return Buffer.concat([header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)])
}

/** A record of pax: its length counts itself. */
export function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`)
  let length = rest
  while (`${length}`.length + rest !== length) length = `${length}`.length + rest
  return `${length} ${key}=${value}\n`
}
