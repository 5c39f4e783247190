/** What is told of volumes. */
import { chosen, each, fields, leftOut, list, number, replaced, text, textByName } from '../fields.ts'

/** Volumes of others are not told at all, so of one all is given. */
export const volume = fields({
  ...each(['Name', 'Driver', 'Mountpoint', 'CreatedAt', 'Scope'], text),
  Labels: textByName,
  Options: textByName,
  Status: leftOut('what a driver tells of itself has no known form'),
  UsageData: fields({ Size: number, RefCount: number }),
  ClusterVolume: leftOut('of a cluster'),
})

/** A volume in a list. */
export const listedVolume = chosen('those of others are left out', volume, (value, view) =>
  view.volume(value) ? volume : undefined,
)

/** A list of volumes. */
export const volumes = fields({
  Volumes: list(listedVolume),
  Warnings: replaced([], 'warnings are about volumes of others too'),
})
