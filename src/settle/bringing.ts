/** Calls that can bring an image. */
import type {
  BuildPermit,
  CommitPermit,
  ImportPermit,
  LoadPermit,
  Permit,
  PullPermit,
  PushPermit,
} from '../policy/verdict.ts'

export type Bringing = BuildPermit | CommitPermit | ImportPermit | LoadPermit | PullPermit | PushPermit

export function bringsImages(permit: Permit): permit is Bringing {
  return ['build', 'commit', 'import', 'load', 'pull', 'push'].includes(permit.on)
}
