// Where addresses are, as a worker knows it: both databases as one answer, swapped when the supervisor has read others.
import type { Places } from '@gatewright/shared/policies/place-port'
import type { DatabaseState, DatabaseStates } from './database-files.ts'
import { openPlaceDatabase, type PlaceDatabase, unknownPlace } from './place-database.ts'

export interface PlaceStore extends Places {
  use(states: DatabaseStates): void
}

interface Part {
  readonly database: PlaceDatabase | null
  readonly missing: string | null
}

const nothing: Part = { database: null, missing: 'The gateway has read no database of places yet' }

export function createPlaces(): PlaceStore {
  const parts = { countries: nothing, networks: nothing }
  return {
    use({ countries, networks }) {
      parts.countries = partOf(countries)
      parts.networks = partOf(networks)
    },
    missing: (what) => parts[what].missing,
    find(address) {
      const { countries, networks } = parts
      const place = countries.database === null ? unknownPlace : countries.database.find(address)
      if (networks.database === null) return place
      const { network } = networks.database.find(address)
      return { country: place.country, continent: place.continent, network }
    },
  }
}

/** Opening takes microseconds: the bytes are in memory, and nothing of them is copied. */
function partOf(state: DatabaseState): Part {
  return state.kind === 'missing'
    ? { database: null, missing: state.reason }
    : { database: openPlaceDatabase(state.bytes), missing: null }
}
