// Who may ask what happens to a real request: whoever signs the question with the operator's secret.
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { RequestContext } from './context.ts'

const maxAgeMs = 5 * 60_000
const form = /^t=([0-9]{1,15}),s=([0-9a-f]{64})$/

/** Value of the debug header for one request, valid for five minutes and for this method and path only. */
export function signDebug(secret: string, method: string, path: string, nowMs: number): string {
  return `t=${nowMs},s=${signature(secret, method, path, nowMs).toString('hex')}`
}

/** Without a secret there is no debug header, and no request pays for it. */
export function createDebugGate(secret: string | null): (ctx: RequestContext) => boolean {
  if (secret === null) return () => false
  return function wantsTrace(ctx) {
    const value = ctx.header('x-gatewright-debug')
    if (value === undefined) return false
    const [, time = '', sign = ''] = form.exec(value) ?? []
    const signedAtMs = Number(time)
    if (sign === '' || Math.abs(ctx.receivedAtMs - signedAtMs) > maxAgeMs) return false
    return timingSafeEqual(Buffer.from(sign, 'hex'), signature(secret, ctx.method, ctx.path, signedAtMs))
  }
}

function signature(secret: string, method: string, path: string, atMs: number): Buffer {
  return createHmac('sha256', secret).update(`${atMs} ${method} ${path}`).digest()
}
