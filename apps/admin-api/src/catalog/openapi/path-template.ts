// A path as a document writes it → the template a router can serve, its parameter names, and its shape for comparison.

export interface PathTemplate {
  /** Up to the first `?` or `#`. */
  path: string
  parameters: string[]
  /** `/pets/{}/toys`: equal for paths that the gateway's router cannot tell apart. */
  shape: string
  /** A query or fragment was cut off: `/files/{id}#copy`. */
  cut: boolean
}

export function parsePath(written: string): PathTemplate | { problem: string } {
  if (!written.startsWith('/')) return { problem: 'it does not start with "/"' }
  const end = written.search(/[?#]/)
  const path = end < 0 ? written : written.slice(0, end)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\s\u0000-\u001f\u007f\\]/.test(path))
    return { problem: 'it holds white space, a control character or "\\"' }
  const parameters: string[] = []
  const bare = path.replace(/\{([^{}/]+)\}/g, (_, name: string) => {
    parameters.push(name)
    return '{}'
  })
  if (/[{}]/.test(bare.replaceAll('{}', ''))) return { problem: 'its braces do not form parameters' }
  if (/\{\}/.test(path)) return { problem: 'a parameter in braces has no name' }
  if (new Set(parameters).size < parameters.length) return { problem: 'it names one parameter twice' }
  return { path, parameters, shape: shapeOf(path, bare), cut: end >= 0 }
}

/** Parameters without names, octets in their normal form (RFC 3986, 6.2.2), and `{rest+}` apart from `{one}`. */
function shapeOf(path: string, bare: string): string {
  const rest = /\/(\*|\{[^{}/]+\+\})$/.test(path)
  const shape = (rest ? bare.slice(0, bare.lastIndexOf('/') + 1) : bare)
    .replace(/(\{\})+/g, '{}')
    .replace(/%([0-9a-fA-F]{2})/g, (octet, hex: string) => {
      const character = String.fromCharCode(Number.parseInt(hex, 16))
      return /[A-Za-z0-9._~-]/.test(character) ? character : octet.toUpperCase()
    })
    .replace(/[^\x21-\x7e]/gu, (character) => encodeURIComponent(character))
  return rest ? `${shape}{+}` : shape
}
