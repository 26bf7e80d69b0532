// multipart/form-data from memory (RFC 7578): what the fields say, and which files there are; bounded in parts and sizes.
import { Busboy } from '@fastify/busboy'
import type { FormPart, FormRead, Forms } from '@gatewright/shared/policies/schema-port'
import { boundaryOf, MultipartFault, readParts } from '@gatewright/shared/uploads/multipart'

const partsMax = 1_000
const headersMax = 20
const nameBytesMax = 200

const malformed: FormRead = { kind: 'malformed' }
const tooMany: FormRead = { kind: 'too-many' }

export const forms: Forms = {
  multipart(contentType, body) {
    // What two readers could take for different things is checked in one way and used in another.
    if (!isUnambiguous(contentType, body)) return Promise.resolve(malformed)
    return new Promise((resolve) => {
      const parts: FormPart[] = []
      try {
        const reader = new Busboy({
          headers: { 'content-type': contentType },
          limits: {
            parts: partsMax,
            headerPairs: headersMax,
            fieldNameSize: nameBytesMax,
            fieldSize: body.length + 1,
            fileSize: body.length + 1,
          },
        })
        reader.on('field', (name, text, nameTruncated, _valueTruncated, _encoding, mediaType) => {
          if (nameTruncated) resolve(malformed)
          parts.push({ name, filename: null, mediaType: mediaType || 'text/plain', text })
        })
        reader.on('file', (name, stream, filename, _encoding, mediaType) => {
          parts.push({
            name,
            filename: filename ?? null,
            mediaType: mediaType || 'application/octet-stream',
            text: null,
          })
          // A part that breaks off says so here, and an error that nobody hears ends the worker.
          stream.on('error', () => resolve(malformed))
          stream.resume()
        })
        reader.on('partsLimit', () => resolve(tooMany))
        reader.on('error', () => resolve(malformed))
        reader.on('finish', () => resolve({ kind: 'parts', parts }))
        reader.end(Buffer.from(body.buffer, body.byteOffset, body.byteLength))
      } catch {
        resolve(malformed)
      }
    })
  },
}

function isUnambiguous(contentType: string, body: Uint8Array): boolean {
  try {
    const boundary = boundaryOf(contentType)
    if (boundary === null) return false
    readParts(body, boundary)
    return true
  } catch (error) {
    if (error instanceof MultipartFault) return false
    throw error
  }
}
