/** What is fuzzed: each reader of bytes that a worker, its images or the policy's file can choose. */
import { headers, json, query, request, target } from './targets/requests.ts'
import { tar } from './targets/tars.ts'
import type { Target } from './targets/target.ts'
import { dockerfile, policy, reference } from './targets/texts.ts'

export const TARGETS = {
  json,
  query,
  target,
  headers,
  request,
  tar,
  reference,
  dockerfile,
  policy,
} as const satisfies Record<string, Target>
export type TargetName = keyof typeof TARGETS

export function isTarget(name: string): name is TargetName {
  return Object.hasOwn(TARGETS, name)
}
