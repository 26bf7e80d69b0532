// Leaves without breaking a request: stop taking connections, let what is under way finish, then close what is left.
import type { GatewayServer } from '../request/server.ts'
import type { TlsListener } from '../tls/listener.ts'

const idleSweepMs = 100
// A client may be writing on a kept connection this very moment: that request is answered, with `Connection: close`.
const idleGraceMs = 1_000

/**
 * Drains a server: connections without a request are closed after a moment and again as they fall idle; after
 * `timeoutMs` the rest is cut, those of the port for https with it. Answers how many connections had to be cut.
 */
export async function drain(
  server: GatewayServer,
  timeoutMs: number,
  graceMs = idleGraceMs,
  listener: TlsListener | null = null,
): Promise<number> {
  const servers = listener === null ? [server] : [server, listener]
  // Right after the poll for events, when the queue of connections that wait to be accepted is empty.
  await new Promise(setImmediate)
  // Kept connections stay open for the moment, and with them requests that are on their way.
  const closed = Promise.all(servers.map((it) => new Promise<void>((resolve) => it.close(() => resolve()))))
  const grace = setTimeout(
    () => {
      sweep = setInterval(() => server.closeIdleConnections(), idleSweepMs)
      server.closeIdleConnections()
    },
    Math.min(graceMs, timeoutMs),
  )
  let sweep: NodeJS.Timeout | undefined
  const timer = Promise.withResolvers<'late'>()
  const timeout = setTimeout(() => timer.resolve('late'), timeoutMs)
  const outcome = await Promise.race([closed, timer.promise])
  clearTimeout(grace)
  clearInterval(sweep)
  clearTimeout(timeout)
  if (outcome !== 'late') return 0
  const counts = await Promise.all(
    servers.map((it) => new Promise<number>((resolve) => it.getConnections((_, count) => resolve(count)))),
  )
  server.closeAllConnections()
  listener?.closeHandshakes()
  await closed
  return counts.reduce((sum, count) => sum + count, 0)
}
