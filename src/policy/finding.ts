/** Something wrong with the key or the value at a path of the file's data. */
export interface Finding {
  readonly path: readonly PropertyKey[]
  readonly at: 'key' | 'value'
  readonly message: string
  readonly hint?: string
}
