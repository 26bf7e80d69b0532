// Who is blocked, as a worker asks for it: by address in as many looks as there are prefix lengths, by credential and application in one.
import { parseAddress, parseCidr } from '@gatewright/shared/cidr'
import type { BlockRecord } from '@gatewright/shared/model/block'
import type { Principal } from '@gatewright/shared/policies/policy'

/** What is other than before; `isAll`: whatever is not named blocks nobody any more. */
export interface BlockChange {
  readonly isAll: boolean
  readonly put: readonly BlockRecord[]
  /** Ids. */
  readonly drop: readonly string[]
}

/** What makes of one list the other: who had a list before is not held by all of it when little changed. */
export function differenceOf(
  before: ReadonlyMap<string, BlockRecord>,
  after: ReadonlyMap<string, BlockRecord>,
): BlockChange {
  return {
    isAll: false,
    put: [...after.values()].filter((record) => !isSame(record, before.get(record.id))),
    drop: [...before.keys()].filter((id) => !after.has(id)),
  }
}

function isSame(a: BlockRecord, b: BlockRecord | undefined): boolean {
  return (
    a.tenantId === b?.tenantId &&
    a.kind === b.kind &&
    a.value === b.value &&
    a.source === b.source &&
    a.expiresAt === b.expiresAt
  )
}

const everybody = ''

/** Times are Unix milliseconds: a block ends in the very millisecond that it says. */
export class Blocklist {
  readonly #byId = new Map<string, BlockRecord>()
  readonly #byOwner = new Map<string, OwnBlocks>()

  get size(): number {
    return this.#byId.size
  }

  change({ isAll, put, drop }: BlockChange): void {
    if (isAll) {
      this.#byId.clear()
      this.#byOwner.clear()
    }
    for (const id of drop) this.#remove(id)
    for (const record of put) {
      this.#remove(record.id)
      this.#byId.set(record.id, record)
      const owner = record.tenantId ?? everybody
      let blocks = this.#byOwner.get(owner)
      if (blocks === undefined) {
        blocks = { addresses: new AddressBlocks(), credentials: new Map(), applications: new Map() }
        this.#byOwner.set(owner, blocks)
      }
      add(blocks, record)
    }
  }

  #remove(id: string): void {
    const record = this.#byId.get(id)
    if (record === undefined) return
    this.#byId.delete(id)
    const blocks = this.#byOwner.get(record.tenantId ?? everybody)
    if (blocks !== undefined) remove(blocks, record)
  }

  /** Why this address may not call the APIs of a tenant; null = it may. */
  ofAddress(address: string, tenantId: string, nowMs: number): BlockRecord | null {
    const own = this.#byOwner.get(tenantId)
    const platform = this.#byOwner.get(everybody)
    if (own === undefined && platform === undefined) return null
    const parsed = parseAddress(address)
    if (parsed === null) return null
    return (
      platform?.addresses.find(parsed.family, parsed.value, nowMs) ??
      own?.addresses.find(parsed.family, parsed.value, nowMs) ??
      null
    )
  }

  /** Why this caller may not call the APIs of a tenant; null = it may. */
  ofCaller({ credentialId, applicationId }: Principal, tenantId: string, nowMs: number): BlockRecord | null {
    const own = this.#byOwner.get(tenantId)
    if (own === undefined) return null
    return (
      current(own.credentials.get(credentialId), nowMs) ?? current(own.applications.get(applicationId), nowMs)
    )
  }
}

/** Of one target: several systems may have blocked it. */
type Records = readonly BlockRecord[]

interface OwnBlocks {
  readonly addresses: AddressBlocks
  readonly credentials: Map<string, Records>
  readonly applications: Map<string, Records>
}

function add(blocks: OwnBlocks, record: BlockRecord): void {
  if (record.kind === 'address') blocks.addresses.add(record)
  else put(mapOf(blocks, record.kind), record.value, record)
}

function remove(blocks: OwnBlocks, record: BlockRecord): void {
  if (record.kind === 'address') blocks.addresses.remove(record)
  else take(mapOf(blocks, record.kind), record.value, record)
}

const mapOf = (blocks: OwnBlocks, kind: 'credential' | 'application') =>
  kind === 'credential' ? blocks.credentials : blocks.applications

function put<Key>(map: Map<Key, Records>, key: Key, record: BlockRecord): void {
  map.set(key, [...(map.get(key) ?? []), record])
}

function take<Key>(map: Map<Key, Records>, key: Key, { id }: BlockRecord): void {
  const left = map.get(key)?.filter((record) => record.id !== id) ?? []
  if (left.length === 0) map.delete(key)
  else map.set(key, left)
}

function current(records: Records | undefined, nowMs: number): BlockRecord | null {
  if (records === undefined) return null
  return records.find(({ expiresAt }) => expiresAt === null || nowMs < expiresAt) ?? null
}

/** Ranges by how many bits of an address they look at: an entry is one more in a map, whatever number there is. */
class AddressBlocks {
  readonly #byPrefix = {
    4: new Map<number, Map<bigint, Records>>(),
    6: new Map<number, Map<bigint, Records>>(),
  }

  add(record: BlockRecord): void {
    const range = parseCidr(record.value)
    if (range === null) return
    const byPrefix = this.#byPrefix[range.family]
    let heads = byPrefix.get(range.prefix)
    if (heads === undefined) {
      heads = new Map()
      byPrefix.set(range.prefix, heads)
    }
    put(heads, head(range.family, range.first, range.prefix), record)
  }

  remove(record: BlockRecord): void {
    const range = parseCidr(record.value)
    if (range === null) return
    const heads = this.#byPrefix[range.family].get(range.prefix)
    if (heads === undefined) return
    take(heads, head(range.family, range.first, range.prefix), record)
    if (heads.size === 0) this.#byPrefix[range.family].delete(range.prefix)
  }

  find(family: 4 | 6, value: bigint, nowMs: number): BlockRecord | null {
    for (const [prefix, heads] of this.#byPrefix[family]) {
      const found = current(heads.get(head(family, value, prefix)), nowMs)
      if (found !== null) return found
    }
    return null
  }
}

function head(family: 4 | 6, value: bigint, prefix: number): bigint {
  return value >> BigInt((family === 4 ? 32 : 128) - prefix)
}
