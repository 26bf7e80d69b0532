// What every answer tells a browser not to do.
import type { FastifyInstance } from 'fastify'
import type { Env } from '../env.ts'

// Styles may be inline because chart and editor libraries set them; scripts never. No text becomes HTML or the address of a script, and
// no policy may say otherwise: pages are made of nodes alone (Trusted Types, ADR 103).
const contentSecurityPolicy = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

export function addSecurityHeaders(fastify: FastifyInstance, env: Pick<Env, 'PUBLIC_URL'>): void {
  const isHttps = env.PUBLIC_URL.startsWith('https:')
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.header('content-security-policy', contentSecurityPolicy)
    reply.header('x-content-type-options', 'nosniff')
    reply.header('referrer-policy', 'same-origin')
    reply.header('cross-origin-opener-policy', 'same-origin')
    reply.header('cross-origin-resource-policy', 'same-origin')
    reply.header('permissions-policy', 'camera=(), geolocation=(), microphone=(), payment=(), usb=()')
    if (isHttps) reply.header('strict-transport-security', 'max-age=31536000; includeSubDomains')
    // Answers of the API belong to one person at one moment.
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store')
    done()
  })
}
