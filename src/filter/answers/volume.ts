/** What is told of volumes. */
import type { Unknown } from '../../shared/json-value.ts'
import {
  chosen,
  each,
  fields,
  leftOut,
  list,
  number,
  replaced,
  text,
  textByName,
  type Field,
} from '../fields.ts'
import type { View } from '../view.ts'

type Seen = Pick<View, 'volume'>

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
export function listedVolume(view: Seen): Field<Unknown> {
  return chosen('those of others are left out', volume, (value) => (view.volume(value) ? volume : undefined))
}

/** A list of volumes. */
export function volumes(view: Seen): Field<Unknown> {
  return fields({
    Volumes: list(listedVolume(view)),
    Warnings: replaced([], 'warnings are about volumes of others too'),
  })
}
