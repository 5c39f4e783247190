/** What is true of an engine as long as it is connected. */
import type { FoundFault } from '../faults/faults-of.ts'

export interface EngineFacts {
  /** Newest minor API version that the engine and the gate both speak. */
  readonly minor: number
  /** Oldest one: engines refuse what is older. */
  readonly oldest: number
  /** CPUs of the host, in nano-CPUs: an engine refuses to give a container more; undefined where it does not tell. */
  readonly nanoCpus: number | undefined
  /** The engine's default logging driver. */
  readonly logDriver: string
  /** Whether it is Podman, which speaks Docker's API and differs in some of it. */
  readonly podman: boolean
  /** Whether it runs as an account that is not root, and reaches no more of the host than that. */
  readonly rootless: boolean
  /** Whether it keeps images in containerd's store: an image is called by its manifest or index there. */
  readonly containerd: boolean
  /** The faults that it has, or may have, and that the gate does not close. */
  readonly faults: readonly FoundFault[]
}
