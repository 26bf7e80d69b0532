// Values of a generated form: a fresh one, one changed at a path, and the texts of durations, sizes and addresses.

import type { FieldNode, Json, Member } from './schema-model.ts'

export type JsonObject = { [name: string]: Json }

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The smallest value that fits: required members only, so that defaults stay defaults. */
export function blank(node: FieldNode): Json {
  if (node.fallback !== undefined) return structuredClone(node.fallback)
  if (node.isNullable) return null
  switch (node.kind) {
    case 'text':
      return ''
    case 'number':
      return node.min ?? 0
    case 'boolean':
      return false
    case 'choice':
      return node.options[0]?.value ?? null
    case 'fixed':
      return node.value
    case 'list':
      return Array.from({ length: node.min ?? 0 }, () => blank(node.item))
    case 'object':
      return blankMembers(node.members)
    case 'variants': {
      const first = node.variants[0]
      return first ? { [node.by]: first.value, ...blankMembers(first.members) } : {}
    }
    case 'map':
      return {}
    case 'json':
      return {}
  }
}

export function blankMembers(members: readonly Member[]): JsonObject {
  return Object.fromEntries(
    members.filter((member) => member.node.isRequired).map((member) => [member.name, blank(member.node)]),
  )
}

/** A copy with one member set, or taken away by `undefined`; the order of the others stays. */
export function withMember(value: JsonObject, name: string, next: Json | undefined): JsonObject {
  if (next !== undefined) return { ...value, [name]: next }
  const { [name]: _gone, ...rest } = value
  return rest
}

/** The value as the server will read it: every default that the schema knows is written out. */
export function filled(node: FieldNode, value: Json | undefined): Json | undefined {
  const given = value === undefined ? node.fallback : value
  if (given === null || given === undefined) return given
  if (node.kind === 'object' && isObject(given)) return filledMembers(node.members, given)
  if (node.kind === 'variants' && isObject(given)) {
    const variant = node.variants.find((candidate) => candidate.value === given[node.by])
    return { ...given, ...filledMembers(variant?.members ?? [], given) }
  }
  return node.kind === 'list' && Array.isArray(given)
    ? given.map((item) => filled(node.item, item) ?? null)
    : given
}

function filledMembers(members: readonly Member[], value: JsonObject): JsonObject {
  return members.reduce((all, { name, node }) => withMember(all, name, filled(node, value[name])), value)
}

/** Another variant keeps the members that both know by name. */
export function asVariant(node: FieldNode & { kind: 'variants' }, value: JsonObject, tag: Json): JsonObject {
  const variant = node.variants.find((candidate) => candidate.value === tag)
  if (!variant) return value
  const kept = variant.members
    .filter((member) => member.name in value)
    .map((member) => [member.name, value[member.name] as Json])
  return { [node.by]: tag, ...blankMembers(variant.members), ...Object.fromEntries(kept) }
}

export const durationUnits = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
export type DurationUnit = keyof typeof durationUnits

/** 90000 → 90 s; the largest unit that divides it, so that writing it back gives the same number. */
export function inUnit(ms: number): { amount: number; unit: DurationUnit } {
  if (ms === 0) return { amount: 0, unit: 's' }
  const unit =
    (['d', 'h', 'm', 's'] as const).find((candidate) => ms % durationUnits[candidate] === 0) ?? 'ms'
  return { amount: ms / durationUnits[unit], unit }
}

/** 90000 → "90s" */
export function durationText(ms: number): string {
  const { amount, unit } = inUnit(ms)
  return `${amount}${unit}`
}

/** "1h 30m" → 5400000, and a bare number counts in `unit`; undefined when it is not a duration. */
export function durationOf(text: string, unit?: DurationUnit): number | undefined {
  const written = text.trim()
  if (unit !== undefined && /^\d+(?:\.\d+)?$/.test(written))
    return whole(Number(written) * durationUnits[unit])
  const parts = [...written.matchAll(/(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)\s*/gi)]
  const isAll =
    parts
      .map((part) => part[0])
      .join('')
      .trim() === written
  if (parts.length === 0 || !isAll) return undefined
  return whole(
    parts.reduce(
      (sum, part) => sum + Number(part[1]) * durationUnits[(part[2] ?? '').toLowerCase() as DurationUnit],
      0,
    ),
  )
}

function whole(ms: number): number | undefined {
  return Number.isSafeInteger(ms) ? ms : undefined
}

const byteUnits = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const

/** 10485760 → "10MiB"; 1000000 → "1MB"; the shortest writing without a fraction. */
export function bytesText(bytes: number): string {
  if (bytes === 0) return '0B'
  const unit =
    (['GiB', 'GB', 'MiB', 'MB', 'KiB', 'kB'] as const).find(
      (candidate) => bytes % byteUnits[candidate] === 0,
    ) ?? 'B'
  return `${bytes / byteUnits[unit]}${unit}`
}

export function bytesOf(text: string): number | undefined {
  const found = /^\s*(\d+(?:\.\d+)?)\s*([kmg]i?b|b)?\s*$/i.exec(text)
  if (!found) return undefined
  const wanted = (found[2] ?? 'B').toLowerCase()
  const unit = Object.entries(byteUnits).find(([name]) => name.toLowerCase() === wanted)
  const bytes = Number(found[1]) * (unit?.[1] ?? Number.NaN)
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

/** An IPv4 or IPv6 address, alone or with a prefix length. The server parses it again. */
export function isCidr(text: string): boolean {
  const [address = '', prefix, ...rest] = text.trim().split('/')
  if (rest.length > 0) return false
  const isV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/.test(address)
  const isV6 =
    !isV4 &&
    address.includes(':') &&
    /^[0-9a-f:.]+$/i.test(address) &&
    (address.match(/::/g)?.length ?? 0) <= 1
  if (!isV4 && !isV6) return false
  if (prefix === undefined) return true
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= (isV4 ? 32 : 128)
}

/** Whether a text fits a `pattern` of JSON Schema; one that this engine cannot read is left to the server. */
export function matches(text: string, pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(text)
  } catch {
    return true
  }
}
