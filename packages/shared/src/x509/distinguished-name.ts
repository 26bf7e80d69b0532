// Names of certificates as one text (RFC 4514), the same for the same name whoever wrote it.
import { childrenOf, type DerNode, objectIdOf } from './der.ts'

/** Those that people and openssl write by their names; others are written as numbers. */
const attributeNames: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'street',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'emailAddress',
}
const canonicalTypes = new Map(Object.values(attributeNames).map((name) => [name.toLowerCase(), name]))

interface Attribute {
  readonly type: string
  readonly value: string
}

const utf8 = new TextDecoder('utf-8', { fatal: true })
const texts: Readonly<Record<number, (content: Buffer) => string>> = {
  12: (content) => utf8.decode(content),
  18: (content) => content.toString('latin1'),
  19: (content) => content.toString('latin1'),
  20: (content) => content.toString('latin1'),
  22: (content) => content.toString('latin1'),
  30: (content) => Buffer.from(content).swap16().toString('utf16le'),
}

/** The most specific part first, as RFC 4514 has it. */
export function renderName(name: DerNode): string {
  const parts = childrenOf(name).map((set) => {
    const attributes = childrenOf(set).map((attribute): Attribute => {
      const [type, value] = childrenOf(attribute)
      const id = objectIdOf(type)
      const known = attributeNames[id]
      const text = known === undefined || value === undefined ? undefined : texts[value.tag]
      if (known !== undefined && text !== undefined && value !== undefined)
        return { type: known, value: escaped(text(value.content)) }
      return { type: id, value: `#${value?.raw.toString('hex') ?? ''}` }
    })
    return renderPart(attributes)
  })
  return parts.reverse().join(',')
}

/** What people wrote as certificates' names are rendered here; null when it is no name. */
export function canonicalName(text: string): string | null {
  const parts = splitAt(text, /[,;]/).map((part) => {
    const attributes = splitAt(part, /\+/).map((attribute): Attribute | null => {
      const found = /^\s*([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)\s*=\s*([\s\S]*)$/.exec(attribute)
      if (found === null) return null
      const [, type = '', raw = ''] = found
      if (/^\d/.test(type))
        return /^#(?:[0-9a-fA-F]{2})+$/.test(raw.trim()) ? { type, value: raw.trim().toLowerCase() } : null
      const known = canonicalTypes.get(type.toLowerCase())
      const value = unescaped(raw.replace(/((?:^|[^\\])(?:\\\\)*)\s+$/, '$1'))
      return known === undefined || value === null || value === ''
        ? null
        : { type: known, value: escaped(value) }
    })
    return attributes.some((it) => it === null) ? null : renderPart(attributes.filter((it) => it !== null))
  })
  return parts.some((part) => part === null) ? null : parts.join(',')
}

// The parts of a set have no order of their own.
const renderPart = (attributes: readonly Attribute[]) =>
  attributes
    .map(({ type, value }) => `${type}=${value}`)
    .sort()
    .join('+')

/** RFC 4514 2.4. */
function escaped(value: string): string {
  return value
    .replace(/[\\",+;<>]/g, (char) => `\\${char}`)
    .replace(/[\p{Cc}]/gu, (char) => `\\${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
    .replace(/^[ #]/, (char) => `\\${char}`)
    .replace(/ $/, '\\ ')
}

/** null where a backslash escapes nothing. */
function unescaped(value: string): string | null {
  const bytes: number[] = []
  for (let i = 0; i < value.length; ) {
    if (value[i] !== '\\') {
      const char = String.fromCodePoint(value.codePointAt(i) ?? 0)
      bytes.push(...Buffer.from(char))
      i += char.length
      continue
    }
    const hex = /^[0-9a-fA-F]{2}/.exec(value.slice(i + 1))?.[0]
    const char = value[i + 1]
    if (hex === undefined && (char === undefined || !' "#+,;<=>\\'.includes(char))) return null
    if (hex !== undefined) bytes.push(Number.parseInt(hex, 16))
    else bytes.push(...Buffer.from(char ?? ''))
    i += hex === undefined ? 2 : 3
  }
  try {
    return utf8.decode(Buffer.from(bytes))
  } catch {
    return null
  }
}

/** At separators that no backslash escapes. */
function splitAt(text: string, separator: RegExp): string[] {
  const parts = ['']
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string
    if (char === '\\') parts[parts.length - 1] += char + (text[++i] ?? '')
    else if (separator.test(char)) parts.push('')
    else parts[parts.length - 1] += char
  }
  return parts
}
