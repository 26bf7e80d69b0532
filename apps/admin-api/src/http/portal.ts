// The built portal: hashed assets for a year, and index.html for every page the browser's router knows.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** Serves the files of `directory`; says at start when they are not there. */
export async function servePortal(fastify: FastifyInstance, directory: string): Promise<void> {
  if (!existsSync(join(directory, 'index.html'))) {
    throw new Error(
      `PORTAL_DIR ${directory} has no index.html: build the portal first, or leave PORTAL_DIR out`,
    )
  }
  await fastify.register(fastifyStatic, {
    root: directory,
    wildcard: false,
    index: false,
    setHeaders: (response, path) => {
      const immutable = path.includes('/assets/')
      response.header('cache-control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
  fastify.get('/', (_, reply) => reply.sendFile('index.html'))
}

/** A page of the portal: a browser asks for a document, and no API prefix claims the path. */
export function isPortalPage(request: FastifyRequest): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false
  if (/^\/(?:api|_try|oauth|schemas|livez|readyz)(?:\/|$|\?)/.test(request.url)) return false
  return request.headers.accept?.includes('text/html') === true
}

export function sendPortalPage(reply: FastifyReply): void {
  reply.code(200).header('cache-control', 'no-cache').sendFile('index.html')
}
