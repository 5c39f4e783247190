/** Ulimits as `--ulimit` names them (docker/go-units, ulimit.go). */
export const ULIMITS = [
  'as',
  'core',
  'cpu',
  'data',
  'fsize',
  'locks',
  'memlock',
  'msgqueue',
  'nice',
  'nofile',
  'nproc',
  'rss',
  'rtprio',
  'rttime',
  'sigpending',
  'stack',
] as const

export type UlimitName = (typeof ULIMITS)[number]
