/** What is told of volumes. */
import { chosen, each, fields, kept, leftOut, list, number, replaced, text, textByName } from '../fields.ts'
import { labels, volumeName } from '../words.ts'

const SAID = {
  ...each(['Driver', 'Mountpoint', 'CreatedAt', 'Scope'], text),
  Options: textByName,
  Status: leftOut('what a driver tells of itself has no known form'),
  UsageData: fields({ Size: number, RefCount: number }),
  ClusterVolume: leftOut('of a cluster'),
}

/** Volumes of others are not told at all, so of one all is given. */
export const volume = fields({ Name: volumeName, Labels: labels, ...SAID })

/** As the engine has it, until it is known whose it is (perform/containers.ts). */
export const madeVolume = fields({ Name: text, Labels: textByName, ...SAID })

/** A volume in a list. */
export const listedVolume = chosen('those of others are left out', volume, (value, view) =>
  view.volume(value) ? volume : undefined,
)

/** A list of volumes. */
export const volumes = fields({
  Volumes: list(kept(listedVolume)),
  Warnings: replaced([], 'warnings are about volumes of others too'),
})
