/** A view that stands in for a worker’s. */
import type { View } from '../../src/filter/view.ts'

/** Somebody who may see all that is ever told. */
export const SEES_ALL: View = {
  container: () => true,
  claim: () => true,
  inspectable: () => true,
  ownName: () => true,
  exec: () => true,
  image: () => true,
  imageName: () => true,
  volumeName: () => true,
  volume: () => true,
  network: () => 'self',
  keep: () => true,
  keepName: () => true,
  counts: () => ({ containers: 1, running: 1, images: 1 }),
  words: {
    container: (_id, name) => name,
    network: (_id, name) => name,
    networkOf: () => undefined,
    volume: (name) => name,
    image: (text) => text,
    fullImage: (text) => text,
    text: (text) => text,
    own: (name) => name,
    asked: () => ({}),
    heldAt: () => undefined,
    isSocket: () => false,
    labels: (labels) => labels,
  },
}
