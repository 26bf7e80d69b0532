// Leaves without breaking a request: stop taking connections, let what is under way finish, then close what is left.
import type { GatewayServer } from '../request/server.ts'

const idleSweepMs = 100
// A client may be writing on a kept connection this very moment: that request is answered, with `Connection: close`.
const idleGraceMs = 1_000

/**
 * Drains a server: connections without a request are closed after a moment and again as they fall idle; after
 * `timeoutMs` the rest is cut. Answers how many connections had to be cut.
 */
export async function drain(
  server: GatewayServer,
  timeoutMs: number,
  graceMs = idleGraceMs,
): Promise<number> {
  // Right after the poll for events, when the queue of connections that wait to be accepted is empty.
  await new Promise(setImmediate)
  // Kept connections stay open for the moment, and with them requests that are on their way.
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
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
  const cut = await new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)))
  server.closeAllConnections()
  await closed
  return cut
}
