// Media type objects → explicit and generated examples, for bodies of requests and responses alike.
import { type Direction, exampleOf, isJson, statedExample } from './example.ts'
import type { ImportedExample, ImportedMedia } from './imported-document.ts'
import { entriesAt, isObject, type JsonObject, type JsonValue, own } from './json.ts'
import { at } from './pointer.ts'
import type { Refs } from './refs.ts'

/** Named examples taken from one media type; a catalogue of hundreds would only swell every snapshot. */
const MAX_EXAMPLES = 10

/** Content of a body in order of preference: JSON, then text, then the rest. */
export function readContent(
  owner: JsonObject,
  pointer: string,
  refs: Refs,
  direction: Direction,
): ImportedMedia[] {
  const entries = entriesAt(owner, 'content').map(([contentType, written]) => {
    const here = at(pointer, 'content', contentType)
    // OpenAPI 3.2 lets a media type be a reference to components/mediaTypes.
    const found = refs.object(written, here)
    const examples = found ? explicit(found.value, found.pointer, refs) : []
    const media: ImportedMedia = { contentType, pointer: found?.pointer ?? here, examples }
    return { media, schema: own(found?.value, 'schema') }
  })
  entries.sort((a, b) => rank(a.media.contentType) - rank(b.media.contentType))
  // One generated example per body is enough: that of the preferred media type, where none is explicit.
  const [first] = entries
  if (first?.schema !== undefined && !entries.some(({ media }) => media.examples.length > 0)) {
    const made = generated(first.schema, first.media, refs, direction)
    if (made) first.media.examples.push(made)
  }
  return entries.map(({ media }) => media)
}

function rank(contentType: string): number {
  if (isJson(contentType)) return contentType.toLowerCase().startsWith('application/json') ? 0 : 1
  if (/^(application\/x-www-form-urlencoded|multipart\/)/.test(contentType)) return 2
  return contentType.startsWith('text/') ? 3 : 4
}

function explicit(media: JsonObject, pointer: string, refs: Refs): ImportedExample[] {
  const examples: ImportedExample[] = []
  const single = own(media, 'example')
  if (single !== undefined) examples.push({ name: null, source: 'example', value: single })
  for (const [name, written] of entriesAt(media, 'examples').slice(0, MAX_EXAMPLES)) {
    const example = refs.object(written, at(pointer, 'examples', name))?.value
    // OpenAPI 3.2 splits `value` into dataValue and serializedValue.
    const value = own(example, 'value') ?? own(example, 'dataValue') ?? own(example, 'serializedValue')
    if (value !== undefined) examples.push({ name, source: 'examples', value })
  }
  const schema = own(media, 'schema')
  if (examples.length === 0 && schema !== undefined) {
    const value = statedExample(schema, at(pointer, 'schema'), refs)
    if (value !== undefined) examples.push({ name: null, source: 'schema-example', value })
  }
  return examples
}

function generated(
  schema: JsonValue,
  { contentType, pointer }: ImportedMedia,
  refs: Refs,
  direction: Direction,
): ImportedExample | undefined {
  const value = exampleOf(schema, at(pointer, 'schema'), refs, direction)
  // An object in XML or a binary format would need a serializer's guesses.
  const writable = isJson(contentType) || !isObject(value) || /form/.test(contentType)
  return writable ? { name: null, source: 'generated', value } : undefined
}
