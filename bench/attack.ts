/** One attack, a process of its own. Run as: node attack.ts SOCKET CONNECTIONS SECONDS NAME. Prints a line when it begins. */
import { ATTACKS } from './attacks.ts'
import { Connection } from './connection.ts'

const [socket = '', connections = '', seconds = '', name = ''] = process.argv.slice(2)
const request = ATTACKS[name]?.()
if (request === undefined) throw new TypeError(`there is no attack ${name}`)
process.stdout.write('it begins\n')
const end = performance.now() + Number(seconds) * 1000
await Promise.all(Array.from({ length: Number(connections) }, () => attack(request)))

/** On one connection; where that is cut, on another. */
async function attack(bytes: Buffer): Promise<void> {
  while (performance.now() < end) {
    const connection = new Connection(socket)
    try {
      while (performance.now() < end) await connection.send(bytes)
    } catch {
      // It is refused, too.
    } finally {
      connection.close()
    }
  }
}
