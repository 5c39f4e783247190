/** How long the engine may take until it begins to answer. */
import type { Supported } from '../decode/operation.ts'

const READ = 30_000
/** Of what makes or changes something. */
export const CHANGE = 120_000

/** Milliseconds, or undefined for calls that wait for something to happen; those end when their client goes. */
export function answerLimit(operation: Supported): number | undefined {
  switch (operation.kind) {
    case 'container.wait':
    case 'container.attach':
    case 'container.logs':
    case 'container.stop':
    case 'container.restart':
    case 'image.pull':
    case 'image.push':
    case 'system.events':
      return undefined
    case 'container.archive-get':
    case 'container.archive-put':
    case 'container.attach-ws':
    case 'container.commit':
    case 'container.export':
    case 'exec.start':
    case 'image.build':
    case 'image.import':
    case 'image.load':
    case 'image.save':
      return undefined
    case 'container.create':
    case 'container.start':
    case 'container.exec':
    case 'container.kill':
    case 'container.pause':
    case 'container.unpause':
    case 'container.rename':
    case 'container.update':
    case 'container.remove':
    case 'image.remove':
    case 'image.tag':
    case 'image.search':
    case 'container.changes':
    case 'network.create':
    case 'network.connect':
    case 'network.disconnect':
    case 'network.remove':
    case 'volume.create':
    case 'volume.remove':
    case 'system.df':
      return CHANGE
    default:
      return READ
  }
}
