/** Entries of a tar, written by the gate (POSIX ustar, GNU long names): of root's, readable for all, without a time. */

const BLOCK = 512
/** Bytes of a name in a header. */
const LONGEST_NAME = 100

/** A plain file. */
export function tarFile(path: string, content: Buffer): Buffer {
  return Buffer.concat([tarHeader(path, content.length), content, tarPadding(content.length)])
}

/** What stands before the content of a plain file. @param size bytes of the content, less than 8 GiB */
export function tarHeader(path: string, size: number): Buffer {
  return named('0', path, '', size)
}

/** What stands behind the content of a file. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK)
}

/** A symbolic link. @param target from the folder that it is in */
export function tarLink(path: string, target: string): Buffer {
  return named('2', path, target, 0)
}

function named(type: '0' | '2', path: string, target: string, size: number): Buffer {
  const [name, link] = [Buffer.from(path), Buffer.from(target)]
  return Buffer.concat([
    ...(name.length > LONGEST_NAME ? [longName('L', name)] : []),
    ...(link.length > LONGEST_NAME ? [longName('K', link)] : []),
    header(type, name.subarray(0, LONGEST_NAME), link.subarray(0, LONGEST_NAME), size),
  ])
}

/** An entry whose content is the name (`L`) or the target (`K`) of the next one. */
function longName(type: 'L' | 'K', name: Buffer): Buffer {
  const size = name.length + 1
  const written = Buffer.concat([name, Buffer.alloc(1), tarPadding(size)])
  return Buffer.concat([header(type, Buffer.from('././@LongLink'), Buffer.alloc(0), size), written])
}

function header(type: string, name: Buffer, link: Buffer, size: number): Buffer {
  const block = Buffer.alloc(BLOCK)
  name.copy(block)
  block.write(octal(0o644, 7), 100)
  block.write(octal(0, 7), 108)
  block.write(octal(0, 7), 116)
  block.write(octal(size, 11), 124)
  block.write(octal(0, 11), 136)
  block.write(' '.repeat(8), 148)
  block.write(type, 156)
  link.copy(block, 157)
  block.write('ustar  \0', 257)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${octal(sum, 6)}\0 `, 148)
  return block
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0')
}
