/** What a worker may see of the engine's answers: asked object by object while an answer is read. */
export interface View {
  /** Whether a container is in reach, by its full id or its first 12 digits. */
  readonly container: (id: string) => boolean
  /** Whether a container is being made for the worker at this moment, by the claim in its labels. */
  readonly claim: (nonce: string) => boolean
  /** Whether the worker may see everything of a container in reach: its own, or by `inspect`. */
  readonly inspectable: (id: string) => boolean
  /** Whether an image is the worker's by id. */
  readonly image: (id: string) => boolean
  /** Whether an image's name is among the worker's. */
  readonly imageName: (name: string) => boolean
  readonly volume: (name: string) => boolean
  readonly network: (name: string) => boolean
}
