/** A file as entries of a tar (POSIX ustar, GNU long names). */

const BLOCK = 512
/** Bytes of a name in a header. */
const LONGEST_NAME = 100

/** A plain file of root's, readable for all. */
export function tarFile(path: string, content: Buffer): Buffer {
  const name = Buffer.from(path)
  if (name.length <= LONGEST_NAME) return entry('0', name, content)
  const longName = entry('L', Buffer.from('././@LongLink'), Buffer.concat([name, Buffer.alloc(1)]))
  return Buffer.concat([longName, entry('0', name.subarray(0, LONGEST_NAME), content)])
}

function entry(type: '0' | 'L', name: Buffer, content: Buffer): Buffer {
  const header = Buffer.alloc(BLOCK)
  name.copy(header)
  header.write(octal(0o644, 7), 100)
  header.write(octal(0, 7), 108)
  header.write(octal(0, 7), 116)
  header.write(octal(content.length, 11), 124)
  header.write(octal(0, 11), 136)
  header.write(' '.repeat(8), 148)
  header.write(type, 156)
  header.write('ustar  \0', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${octal(sum, 6)}\0 `, 148)
  const padding = Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)
  return Buffer.concat([header, content, padding])
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0')
}
