// geo-filter: from which countries, continents and networks (autonomous systems) an API may be called.
import * as z from 'zod'
import type { Place } from './place-port.ts'
import { definePolicy, defineSpec, type PolicyContext, refuse, type Verdict } from './policy.ts'

const listMax = 1_000
const countries = (title: string) =>
  z
    .array(z.string().regex(/^[A-Z]{2}$/, 'Use a code of two letters such as DE (ISO 3166-1)'))
    .max(listMax)
    .default([])
    .meta({ title, help: 'Codes of two letters, such as DE' })
const continents = (title: string) =>
  z
    .array(z.enum(['AF', 'AN', 'AS', 'EU', 'NA', 'OC', 'SA']))
    .max(7)
    .default([])
    .meta({
      title,
      help: 'AF Africa · AN Antarctica · AS Asia · EU Europe · NA North America · OC Oceania · SA South America',
    })
const networks = (title: string) =>
  z
    .array(z.int().min(1).max(4_294_967_295).meta({ widget: 'id' }))
    .max(listMax)
    .default([])
    .meta({ title, help: 'Numbers of autonomous systems: 13335 for AS13335' })

export const spec = defineSpec({
  type: 'geo-filter',
  stage: 'edge',
  title: 'Geo filter',
  summary: 'Admits or turns away callers by the country, continent or network that their address belongs to.',
  scopes: ['global', 'tenant', 'version', 'plan', 'route'],
  config: z
    .strictObject({
      allowCountries: countries('Allow countries'),
      allowContinents: continents('Allow continents'),
      allowNetworks: networks('Allow networks'),
      denyCountries: countries('Deny countries'),
      denyContinents: continents('Deny continents'),
      denyNetworks: networks('Deny networks'),
      action: z.enum(['block', 'detect']).default('block').meta({
        title: 'What becomes of calls from elsewhere',
        help: 'block: 403 · detect: they pass, and their event says from where they came',
      }),
      whenUnknown: z.enum(['allow', 'refuse']).default('allow').meta({
        title: 'Addresses of which nothing is known',
        help: 'Private ones, and those the database does not have. allow: they pass, and their event says so · refuse: 403',
      }),
      databaseRequired: z.boolean().default(true).meta({
        title: 'Needs a database of places',
        help: 'On: a gateway without one answers 503 · off: it knows nothing of any address',
      }),
    })
    .refine((config) => Object.values(config).some((value) => Array.isArray(value) && value.length > 0), {
      path: ['denyCountries'],
      error: 'Name at least one country, continent or network to allow or to deny',
    }),
  example: { allowContinents: ['EU'], denyNetworks: [64500], whenUnknown: 'refuse' },
})

const denied = refuse('place_not_allowed', { detail: 'Calls from where you are, are not allowed here.' })

const unavailable = refuse('place_unavailable', { retryAfterMs: 5_000 })
const unknown: Place = { country: null, continent: null, network: null }

export const policy = definePolicy(spec, (config, { places }) => {
  const allow = setsOf(config.allowCountries, config.allowContinents, config.allowNetworks)
  const deny = setsOf(config.denyCountries, config.denyContinents, config.denyNetworks)
  const asksCountry = allow.countries.size + deny.countries.size > 0
  const asksContinent = allow.continents.size + deny.continents.size > 0
  const asksNetwork = allow.networks.size + deny.networks.size > 0
  const hasAllow = allow.countries.size + allow.continents.size + allow.networks.size > 0
  const isBlocking = config.action === 'block'

  // Asked when a request comes: a gateway whose file is away refuses these calls alone, and goes on as soon as it is there.
  const isBlind = () =>
    config.databaseRequired &&
    (((asksCountry || asksContinent) && places.missing('countries') !== null) ||
      (asksNetwork && places.missing('networks') !== null))

  const isUnknown = ({ country, continent, network }: Place) =>
    (asksCountry && country === null) ||
    (asksContinent && continent === null) ||
    (asksNetwork && network === null)

  function elsewhere(ctx: PolicyContext, place: Place): Verdict {
    report(ctx, isBlocking ? 'blocked' : 'detected', place)
    return isBlocking ? denied : undefined
  }

  return {
    request(ctx) {
      if (isBlind()) {
        report(ctx, 'unseen', unknown)
        return isBlocking ? unavailable : undefined
      }
      const place = places.find(ctx.clientAddress)
      if (includes(deny, place)) return elsewhere(ctx, place)
      if (hasAllow && includes(allow, place)) return undefined
      if (isUnknown(place)) {
        if (config.whenUnknown === 'refuse') return elsewhere(ctx, place)
        report(ctx, 'unseen', place)
        return undefined
      }
      return hasAllow ? elsewhere(ctx, place) : undefined
    },
  }
})

interface Sets {
  readonly countries: ReadonlySet<string>
  readonly continents: ReadonlySet<string>
  readonly networks: ReadonlySet<number>
}

function setsOf(
  countries: readonly string[],
  continents: readonly string[],
  networks: readonly number[],
): Sets {
  return { countries: new Set(countries), continents: new Set(continents), networks: new Set(networks) }
}

function includes(sets: Sets, { country, continent, network }: Place): boolean {
  return (
    (country !== null && sets.countries.has(country)) ||
    (continent !== null && sets.continents.has(continent)) ||
    (network !== null && sets.networks.has(network))
  )
}

function report(ctx: PolicyContext, action: 'blocked' | 'detected' | 'unseen', place: Place): void {
  const { country, continent, network } = place
  const known = [country ?? continent, network === null ? null : `AS${network}`].filter((it) => it !== null)
  ctx.reportSecurity({
    kind: 'place',
    action,
    score: null,
    rules: [],
    detail: known.length === 0 ? 'unknown' : known.join(', '),
  })
}
