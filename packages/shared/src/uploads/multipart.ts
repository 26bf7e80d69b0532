// The parts of a multipart/form-data body (RFC 7578), read more strictly than servers do: what two readers could take for different
// things is refused, or a file could be shown to the scanner in one way and to the upstream in another.

export interface Part {
  readonly name: string
  /** null: a field, not a file. */
  readonly fileName: string | null
  /** Lower case, without parameters; null = none was named. */
  readonly mediaType: string | null
  readonly content: Uint8Array
}

/** Why a body cannot be read, as the end of a sentence. */
export class MultipartFault extends Error {}

const partsMax = 1_000
const headBytesMax = 16_384
// One character for each byte; beyond ASCII not the one that Latin-1 means, so it is good for finding places alone.
const places = new TextDecoder('latin1')
const utf8 = new TextDecoder('utf-8')

/** The boundary of a Content-Type; null when it is no multipart/form-data. Throws `MultipartFault` when it names none that can be used. */
export function boundaryOf(contentType: string): string | null {
  if (!/^\s*multipart\//i.test(contentType)) return null
  if (!/^\s*multipart\/form-data\s*(?:;|$)/i.test(contentType))
    throw new MultipartFault('only multipart/form-data can be looked into')
  const named = [...contentType.matchAll(/;\s*boundary\s*=\s*(?:"([^"\\]*)"|([^\s;"]+))/gi)]
  const boundary = named[0]?.[1] ?? named[0]?.[2] ?? ''
  // RFC 2046 5.1.1
  if (named.length !== 1 || !/^[0-9A-Za-z'()+_,./:=?-]{1,70}$/.test(boundary))
    throw new MultipartFault('the boundary is missing, repeated or malformed')
  return boundary
}

/** All parts in order. Throws `MultipartFault`. */
export function readParts(body: Uint8Array, boundary: string): Part[] {
  const text = places.decode(body)
  const delimiter = `--${boundary}`
  if (!text.startsWith(delimiter)) throw new MultipartFault('something stands before the first part')
  const parts: Part[] = []
  for (let at = delimiter.length; ; ) {
    if (text.startsWith('--', at)) {
      const rest = text.slice(at + 2)
      if (rest !== '' && rest !== '\r\n') throw new MultipartFault('something follows the last part')
      return parts
    }
    if (!text.startsWith('\r\n', at)) throw new MultipartFault('a delimiter is malformed')
    const end = text.indexOf(`\r\n${delimiter}`, at)
    if (end < 0) throw new MultipartFault('the last part has no end')
    if (parts.length >= partsMax) throw new MultipartFault(`there are more than ${partsMax} parts`)
    parts.push(readPart(text.slice(at + 2, end + 2), body.subarray(at + 2, end), delimiter))
    at = end + 2 + delimiter.length
  }
}

function readPart(text: string, bytes: Uint8Array, delimiter: string): Part {
  const empty = text.startsWith('\r\n') ? 0 : text.indexOf('\r\n\r\n')
  const headEnd = text.startsWith('\r\n') ? 0 : empty
  if (headEnd < 0 || headEnd > headBytesMax)
    throw new MultipartFault('the head of a part is missing or too long')
  const from = text.startsWith('\r\n') ? 2 : headEnd + 4
  const content = bytes.subarray(Math.min(from, bytes.length))
  // A reader that is content with LF alone would see another part begin here.
  if (text.slice(from).includes(delimiter)) throw new MultipartFault('the boundary stands inside a part')
  const fields = readHead(String.fromCharCode(...bytes.subarray(0, headEnd)))
  const disposition = fields.get('content-disposition')
  if (disposition === undefined || !/^form-data\s*;/i.test(disposition))
    throw new MultipartFault('a part does not say what it is')
  const coding = fields.get('content-transfer-encoding')?.toLowerCase()
  if (coding !== undefined && !['7bit', '8bit', 'binary'].includes(coding))
    throw new MultipartFault('a part is encoded (RFC 7578 4.7)')
  const names = parameters(disposition)
  const name = names.get('name')
  if (name === undefined) throw new MultipartFault('a part has no name')
  const type = fields.get('content-type')
  return {
    name,
    fileName: names.get('filename') ?? null,
    mediaType: type === undefined ? null : (type.split(';')[0] ?? '').trim().toLowerCase(),
    content,
  }
}

function readHead(head: string): Map<string, string> {
  const fields = new Map<string, string>()
  for (const line of head === '' ? [] : head.split('\r\n')) {
    const found = /^([A-Za-z0-9-]+):[ \t]*(.*?)[ \t]*$/.exec(line)
    const name = found?.[1]?.toLowerCase()
    if (name === undefined || /[\r\n\0]/.test(line))
      throw new MultipartFault('the head of a part is malformed')
    if (fields.has(name)) throw new MultipartFault(`a part says ${name} twice`)
    fields.set(name, found?.[2] ?? '')
  }
  return fields
}

/** `form-data; name="a"; filename="b.png"`. */
function parameters(disposition: string): Map<string, string> {
  const found = new Map<string, string>()
  const form = /;\s*([A-Za-z0-9*_-]+)\s*=\s*(?:"((?:[^"\\\r\n]|\\["\\])*)"|([^\s;"]*))\s*/y
  for (let at = disposition.indexOf(';'); at < disposition.length; at = form.lastIndex) {
    form.lastIndex = at
    const match = form.exec(disposition)
    if (match === null) throw new MultipartFault('the disposition of a part is malformed')
    const name = (match[1] ?? '').toLowerCase()
    // RFC 7578 4.2: filename* must not be used; servers differ in which of two names they take.
    if (name === 'filename*' || found.has(name))
      throw new MultipartFault(`a part says ${name} twice or in another form`)
    const raw = (match[2] ?? match[3] ?? '').replace(/\\(["\\])/g, '$1')
    found.set(name, utf8.decode(Uint8Array.from(raw, (char) => char.charCodeAt(0))))
  }
  return found
}
