/** Ids of builds and sessions, as clients make them (github.com/moby/buildkit, identity). */
export function isId(text: string): boolean {
  return /^[a-z0-9]{1,64}$/.test(text)
}
