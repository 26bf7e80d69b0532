// Request bodies: JSON in UTF-8, up to the limit of the operation, refused with the place of the fault.
import type { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { parseJson as scanJson, TextError } from '../catalog/openapi/json-text.ts'
import type { Env } from '../env.ts'
import { refuse } from '../refusal.ts'

type Limits = Pick<Env, 'BODY_LIMIT_BYTES' | 'DOCUMENT_LIMIT_BYTES'>

/** Operations that carry a whole document. */
const documentPath =
  /^\/api\/v1\/tenants\/[^/]+\/(?:imports|manifest|apis\/[^/]+\/versions\/[^/]+\/document)(?:\/|$)/

export function acceptJson(fastify: FastifyInstance, env: Limits): void {
  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser(
    ['application/json', 'application/merge-patch+json'],
    async (request: FastifyRequest, payload: Readable) => {
      const path = request.url.split('?', 1)[0] ?? ''
      const limit = documentPath.test(path) ? env.DOCUMENT_LIMIT_BYTES : env.BODY_LIMIT_BYTES
      const declared = Number(request.headers['content-length'] ?? 0)
      if (declared > limit) refuseSize(limit)
      return parseJson(await readUpTo(payload, limit))
    },
  )
}

async function readUpTo(payload: Readable, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of payload) {
    size += chunk.length
    if (size > limit) refuseSize(limit)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function refuseSize(limit: number): never {
  refuse('payload_too_large', `The body is larger than ${limit} bytes`)
}

/** The value of a JSON text; nothing at all counts as no body. */
function parseJson(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return undefined
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return refuse('invalid_json', `The body is not valid UTF-8 (byte ${firstInvalidByte(bytes)})`)
  }
  try {
    return JSON.parse(text)
  } catch {
    return refuse('invalid_json', whereBroken(text))
  }
}

/** The fault with its place; V8 names the place only for some. */
function whereBroken(text: string): string | undefined {
  try {
    scanJson(text, 1000)
    return undefined
  } catch (error) {
    if (!(error instanceof TextError)) throw error
    const before = text.slice(0, error.offset)
    const line = before.split('\n').length
    return `${error.message} (line ${line}, column ${error.offset - before.lastIndexOf('\n')})`
  }
}

/** Offset of the first byte that cannot be decoded: the longest valid prefix ends there. */
function firstInvalidByte(bytes: Uint8Array): number {
  let low = 0
  let high = bytes.length
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (decodes(bytes.subarray(0, middle))) low = middle
    else high = middle - 1
  }
  return low
}

function decodes(bytes: Uint8Array): boolean {
  try {
    // `stream` lets the prefix end inside a character.
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true })
    return true
  } catch {
    return false
  }
}

/** Deeper than anything that an operation takes, and far from what a recursive reader can bear. */
const depthMax = 100

/** Postgres stores neither NUL nor half a surrogate pair, so no text of an input may hold one. */
export function refuseUnstorableText(value: unknown, pointer = '', depth = 0): void {
  if (depth > depthMax) refuse('invalid_input', `The input is nested deeper than ${depthMax} levels`)
  if (typeof value === 'string') {
    if (value.includes('\0') || !value.isWellFormed()) {
      const detail = 'The text holds a NUL character or half a surrogate pair'
      refuse('invalid_input', `${pointer}: ${detail}`, {
        errors: [{ pointer, code: 'invalid_text', detail }],
      })
    }
  } else if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) refuseUnstorableText(item, `${pointer}/${i}`, depth + 1)
  } else if (value !== null && typeof value === 'object') {
    for (const [key, item] of Object.entries(value))
      refuseUnstorableText(item, `${pointer}/${key}`, depth + 1)
  }
}
