/** What is sent to BuildKit by a permit: its two connections, and the calls on the first of them. */
import { solveSent } from '../decode/buildkit/control.ts'
import { graphRequest, solveRequest } from '../decode/buildkit/gateway.ts'
import { definition } from '../decode/buildkit/llb.ts'
import { writeGraph } from '../decode/buildkit/graph.ts'
import { SESSION_METHODS } from '../decode/buildkit/session.ts'
import { FRONTEND } from '../decode/operations/buildkit.ts'
import { requireDecided } from '../decide/permit.ts'
import type { BuildConnectionPermit, FrontendPermit, GraphPermit, SolvePermit } from '../decide/verdict.ts'
import { apiPath, grpcCall, plainRequest, type EncodedCall, type EncodedRequest } from '../engine/encoded.ts'
import { BUILD_ID } from '../engine/questions/builds.ts'

/** The request for a connection. */
export function encodeBuildConnection({ operation }: BuildConnectionPermit, minor: number): EncodedRequest {
  const upgrade = { Connection: 'Upgrade', Upgrade: 'h2c' }
  if (operation.kind === 'build.connect') return plainRequest('POST', apiPath(minor, ['grpc'])).with(upgrade)
  return plainRequest('POST', apiPath(minor, ['session'])).with({
    ...upgrade,
    'X-Docker-Expose-Session-Uuid': operation.session,
    'X-Docker-Expose-Session-Name': 'dockgate',
    'X-Docker-Expose-Session-Sharedkey': operation.sharedKey,
    'X-Docker-Expose-Session-Grpc-Method': operation.methods.filter((path) => SESSION_METHODS.has(path)),
  })
}

/** The call that a permit stands for. @throws {TypeError} for what is none */
export function encodeCall(permit: SolvePermit | FrontendPermit | GraphPermit): EncodedCall {
  requireDecided(permit)
  switch (permit.on) {
    case 'solve':
      return encodeSolve(permit)
    case 'frontend': {
      const { operation, options, inputs } = permit
      const message = solveRequest.encode({
        ...solveRequest.empty,
        Frontend: FRONTEND,
        FrontendOpt: options,
        allowResultReturn: true,
        allowResultArrayRef: true,
        FrontendInputs: new Map([...inputs].map(([name, graph]) => [name, writeGraph(graph)] as const)),
      })
      return grpcCall(GATEWAY_SOLVE, [[BUILD_ID, operation.ref]], message)
    }
    case 'graph': {
      const message = graphRequest.encode({
        ...graphRequest.empty,
        Definition: { ...definition.empty, ...writeGraph(permit.graph) },
        allowResultReturn: true,
        allowResultArrayRef: true,
      })
      return grpcCall(GATEWAY_SOLVE, [[BUILD_ID, permit.operation.ref]], message)
    }
  }
}

const GATEWAY_SOLVE = '/moby.buildkit.v1.frontend.LLBBridge/Solve'

/** Without names: they are given when the image is there. */
function encodeSolve({ operation, sources }: SolvePermit): EncodedCall {
  const { ref, session, output, inlineCache, internal } = operation
  const type = output.type === 'image' ? 'moby' : output.type
  const inline = { Exports: [{ Type: 'inline', Attrs: new Map<string, string>() }] }
  const message = solveSent.encode({
    Ref: ref,
    Session: session,
    Cache: inlineCache ? inline : undefined,
    Internal: internal,
    SourcePolicy: sources,
    Exporters: type === 'none' ? [] : [{ Type: type, Attrs: new Map() }],
  })
  return grpcCall('/moby.buildkit.v1.Control/Solve', [], message)
}
