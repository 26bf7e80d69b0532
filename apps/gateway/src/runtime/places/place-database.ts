// One database in MaxMind's format (https://maxmind.github.io/MaxMind-DB/), read out of memory that workers share.
import type { Place } from '@gatewright/shared/policies/place-port'
import { Reader, type Response } from 'mmdb-lib'

export interface PlaceDatabase {
  /** Never throws: of what cannot be read, nothing is known. */
  find(address: string): Place
}

export const unknownPlace: Place = Object.freeze({ country: null, continent: null, network: null })

/** Records that were decoded: a country database has a few hundred, one of networks 80,000. */
const recordsMax = 20_000

/** Throws a sentence when the bytes are no such database. */
export function openPlaceDatabase(bytes: SharedArrayBuffer): PlaceDatabase {
  const records = new Map<number | string, unknown>()
  const reader = new Reader<Response>(Buffer.from(bytes), {
    cache: {
      get: (at) => records.get(at) as never,
      set(at, record) {
        if (records.size >= recordsMax) records.clear()
        records.set(at, record)
      },
    },
  })
  if (reader.metadata.binaryFormatMajorVersion !== 2)
    throw new Error(`it is of version ${reader.metadata.binaryFormatMajorVersion} of the format, not 2`)
  const isV4 = reader.metadata.ipVersion === 4
  const places = new WeakMap<object, Place>()
  const look = (address: string): Place => {
    if (isV4 && address.includes(':')) return unknownPlace
    const record: unknown = reader.get(address)
    if (typeof record !== 'object' || record === null) return unknownPlace
    let place = places.get(record)
    if (place === undefined) {
      place = placeOf(record as Fields)
      places.set(record, place)
    }
    return place
  }
  // A file that ends too early often does so behind its tree: both ends of it are tried before anybody relies on it.
  for (const address of ['0.0.0.1', '8.8.8.8', '223.255.255.255', '2001:4860:4860::8888']) look(address)
  return {
    find(address) {
      try {
        return look(address)
      } catch {
        return unknownPlace
      }
    },
  }
}

type Fields = Readonly<Record<string, unknown>>

/** Fields of MaxMind and DB-IP (`country.iso_code`), or of IPinfo (`country_code`, `asn: "AS13335"`). */
function placeOf(record: Fields): Place {
  const number = record.autonomous_system_number ?? numberOf(record.asn)
  return {
    country: code(inside(record.country, 'iso_code') ?? record.country_code ?? record.country),
    continent: code(inside(record.continent, 'code') ?? record.continent_code ?? record.continent),
    network: typeof number === 'number' && number > 0 ? number : null,
  }
}

function inside(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Fields)[field] : undefined
}

function code(value: unknown): string | null {
  return typeof value === 'string' && /^[A-Z]{2}$/.test(value) ? value : null
}

function numberOf(value: unknown): number | null {
  const [, digits] = typeof value === 'string' ? (/^AS(\d{1,10})$/.exec(value) ?? []) : []
  return digits === undefined ? null : Number(digits)
}
