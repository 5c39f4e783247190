/** The request of a build, from what was decided; its body is the context, as it streams. */
import type { BuildPermit } from '../decide/verdict.ts'
import { apiPath, archiveRequest, type EncodedRequest } from '../engine/encoded.ts'

/** Encodes a build, without the names: they are given when the image is there. The gate's labels are in the Dockerfile (decide/dockerfile/write.ts). */
export function encodeBuild(permit: BuildPermit, minor: number): EncodedRequest {
  const { operation, limits } = permit
  const { parameters } = operation
  const query = {
    dockerfile: operation.dockerfile,
    buildargs: JSON.stringify(Object.fromEntries(operation.buildArgs)),
    labels: JSON.stringify(Object.fromEntries(operation.labels)),
    networkmode: given(parameters.networkmode),
    extrahosts: parameters.extrahosts,
    cpusetcpus: given(parameters.cpusetcpus),
    cpusetmems: given(parameters.cpusetmems),
    platform: given(parameters.platform),
    target: given(parameters.target),
    nocache: parameters.nocache,
    q: parameters.q,
    // A container of a build that is left would be nobody's.
    rm: true,
    forcerm: true,
    version: 1,
    memory: limits.memory,
    memswap: limits.memorySwap,
    cpuperiod: limits.cpuPeriod,
    cpuquota: limits.cpuQuota,
    cpushares: limits.cpuShares,
    shmsize: limits.shm,
  }
  const auth =
    operation.registryAuth === undefined ? {} : { 'X-Registry-Config': operation.registryAuth.reveal() }
  return archiveRequest('POST', apiPath(minor, ['build'], query), auth)
}

function given(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}
