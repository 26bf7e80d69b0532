// Where an operation stands in the docs, in swagger-ui's own terms: its tag, its id, and the address of both.

interface Operation {
  method: string
  path: string
  operationId: string | null
  tags: readonly string[]
}

export interface DocsPlace {
  tag: string
  /** As swagger-ui knows it: one without an id of its own is named after its method and path. */
  operationId: string
}

export function placeOf({ method, path, operationId, tags }: Operation): DocsPlace {
  return {
    tag: tags[0] ?? 'default',
    operationId: operationId || `${method.toLowerCase()}${path.replace(/\W/g, '_')}`,
  }
}

/** The fragment that opens it, without `#`. */
export function anchorOf({ tag, operationId }: DocsPlace): string {
  return `/${encodeURIComponent(tag)}/${encodeURIComponent(operationId)}`
}

/** What a fragment opens. swagger-ui reads it too, but only as far as the first slash of an id such as `repos/list`. */
export function placeAt(fragment: string): DocsPlace | undefined {
  const [tag, ...id] = fragment.replace(/^#?\/?/, '').split('/')
  if (!tag || id.length === 0) return undefined
  try {
    return { tag: decodeURIComponent(tag), operationId: decodeURIComponent(id.join('/')) }
  } catch {
    // A stray % is nobody's address.
    return undefined
  }
}

/** The id of its element. */
export function elementIdOf({ tag, operationId }: DocsPlace): string {
  return CSS.escape(`operations-${tag}-${operationId}`.trim().replace(/\s/g, '_'))
}
