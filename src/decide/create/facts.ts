/** What a container is planned by: a new one, and by the same rules one that is there, of which some is not asked again. */
import type { Facts, ImageFacts, OfFit } from '../../resolve/facts.ts'

export interface PlanFacts extends Pick<Facts, 'engine' | OfFit> {
  /** By what its image may be granted; undefined where its name alone has to. */
  readonly image: Pick<ImageFacts, 'id' | 'names' | 'digests' | 'own' | 'ownNames' | 'hidden'> | undefined
  /** Images that it mounts; undefined for one that is there: by what is known of it they are granted as its own image is. */
  readonly images: Facts['images'] | undefined
  /** What it gets of its image; undefined where there is no such image, and for one that is there and has it. */
  readonly fromImage: Pick<ImageFacts, 'actedOn' | 'labels' | 'named' | 'project'> | undefined
  /** Whose its volumes are; undefined for one that is there: an engine lets none go that a container has. */
  readonly volumes: Facts['volumes'] | undefined
  /** CPUs of the host, in nano-CPUs; undefined for one that is there: how many there are by now is no question of the policy. */
  readonly hostCpus: number | undefined
}
