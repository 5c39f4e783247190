/** What exists of a worker's, or is being made at this moment. Memory in bytes, CPUs in nano-CPUs. */
export interface Usage {
  readonly containers: number
  readonly networks: number
  readonly volumes: number
  readonly memory: number
  readonly nanoCpus: number
}
