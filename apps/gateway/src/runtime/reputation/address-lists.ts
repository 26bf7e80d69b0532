// The named lists of addresses as a worker has them, swapped when the supervisor has read others.
import type { AddressLists } from '@gatewright/shared/policies/address-list-port'
import { AddressTable } from './address-table.ts'
import type { NamedTables } from './list-folder.ts'

export interface AddressListStore extends AddressLists {
  use(lists: NamedTables): void
}

export function createAddressLists(): AddressListStore {
  let tables: ReadonlyMap<string, AddressTable> = new Map()
  return {
    use(lists) {
      tables = new Map(lists.map(([name, bytes]) => [name, new AddressTable(bytes)]))
    },
    missing: (name) =>
      tables.has(name)
        ? null
        : `There is no list ${name}: put a file ${name}.txt into the folder that ADDRESS_LISTS names in the settings of the gateway`,
    find(names, address) {
      for (const name of names) if (tables.get(name)?.has(address)) return name
      return null
    },
  }
}
