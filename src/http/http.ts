/**
 * Node's HTTP, without what its ES module brings along: an `import` of node:http also loads undici (for its WebSocket), which
 * costs every resident process 14 MB. Types come from node:http, which costs nothing.
 */
const http = process.getBuiltinModule('node:http')

export const { Agent, createServer, request, STATUS_CODES } = http
