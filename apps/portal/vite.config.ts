// Builds the portal: one entry, lazy shells, and the contract reduced to methods and paths so that no schema reaches the browser.

import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const shared = fileURLToPath(new URL('../../packages/shared/src/', import.meta.url))

interface Procedure {
  '~orpc': { route: { method?: string; path?: string }; meta: Record<string, unknown> }
}

function isProcedure(value: unknown): value is Procedure {
  return typeof value === 'object' && value !== null && '~orpc' in value
}

/** What a call needs to know of an operation: where it goes and what the server demands with it. */
function reduce(router: unknown): unknown {
  if (isProcedure(router)) {
    const { route, meta } = router['~orpc']
    const demands = Object.fromEntries(
      ['concurrency', 'idempotent', 'waitable', 'reads']
        .filter((name) => meta[name])
        .map((name) => [name, true]),
    )
    return { method: route.method, path: route.path, demands }
  }
  return Object.fromEntries(Object.entries(router as object).map(([name, child]) => [name, reduce(child)]))
}

function contractRoutes(): Plugin {
  const id = 'virtual:contract-routes'
  return {
    name: 'contract-routes',
    resolveId: (source) => (source === id ? `\0${id}` : null),
    async load(source) {
      if (source !== `\0${id}`) return null
      this.addWatchFile(`${shared}contract/index.ts`)
      const { contract } = await import(`${shared}contract/index.ts`)
      return `export default ${JSON.stringify(reduce(contract))}`
    },
  }
}

/** The JSON Schemas that forms are generated from; made at build so that zod stays out of the browser. */
function modelSchemas(): Plugin {
  const id = 'virtual:model-schemas'
  return {
    name: 'model-schemas',
    resolveId: (source) => (source === id ? `\0${id}` : null),
    async load(source) {
      if (source !== `\0${id}`) return null
      for (const noun of ['match', 'traffic', 'upstream']) this.addWatchFile(`${shared}model/${noun}.ts`)
      const [{ versionSelector }, { traffic }, { upstreamSettings }, z] = await Promise.all([
        import(`${shared}model/match.ts`),
        import(`${shared}model/traffic.ts`),
        import(`${shared}model/upstream.ts`),
        import('zod'),
      ])
      const schemas = { selector: versionSelector.nullable(), traffic, upstream: upstreamSettings }
      return Object.entries(schemas)
        .map(
          ([name, schema]) =>
            `export const ${name} = ${JSON.stringify(z.toJSONSchema(schema, { io: 'input' }))}`,
        )
        .join('\n')
    },
  }
}

/**
 * react-aria ships its few words in 34 languages. Only those the UI itself speaks are kept; main.tsx tells it
 * which one that is, so none of the dropped ones is ever asked for.
 */
function keepLocales(kept: readonly string[]): Plugin {
  return {
    name: 'keep-locales',
    load(id) {
      const locale = /[\\/]react-(?:aria|stately)[^?]*[\\/]intl[\\/][^?]*[\\/]([a-z]{2}-[A-Z]{2})\.mjs/.exec(
        id,
      )?.[1]
      return locale && !kept.includes(locale) ? 'export default {}' : null
    },
  }
}

/**
 * The policy of the pages takes no text as HTML (Trusted Types, ADR 103). What libraries do with `innerHTML` where no HTML is meant is
 * done by other means; a library that is put together otherwise ends the build.
 */
function withoutHtmlSinks(): Plugin {
  return {
    name: 'without-html-sinks',
    transform(code, id) {
      if (!/[\\/]react-aria[\\/]dist[\\/]private[\\/].*[\\/]LiveAnnouncer\.mjs/.test(id)) return null
      const changed = code.replaceAll(/\.innerHTML = ''/g, '.replaceChildren()')
      if (changed === code || changed.includes('innerHTML')) this.error(`${id} uses innerHTML in a new way`)
      return { code: changed, map: null }
    },
  }
}

const api = process.env.GATEWRIGHT_API ?? 'http://127.0.0.1:8080'

export default defineConfig({
  plugins: [
    contractRoutes(),
    keepLocales(['en-US']),
    withoutHtmlSinks(),
    modelSchemas(),
    tailwindcss(),
    react(),
  ],
  resolve: {
    alias: [
      { find: /^@gatewright\/shared\/(.*)$/, replacement: `${shared}$1.ts` },
      // In browsers it would read `&name;` by `innerHTML`; this is its list of names instead.
      {
        find: /^decode-named-character-reference$/,
        replacement: fileURLToPath(
          new URL('../../node_modules/decode-named-character-reference/index.js', import.meta.url),
        ),
      },
    ],
  },
  build: {
    target: 'es2023',
    manifest: true,
    sourcemap: false,
    chunkSizeWarningLimit: 1_500,
    assetsInlineLimit: 0,
    // Style sheets only: the lists of script names would cost each first visit 4 kB.
    modulePreload: {
      polyfill: false,
      resolveDependencies: (_file, deps, { hostType }) =>
        hostType === 'js' ? deps.filter((dep) => dep.endsWith('.css')) : deps,
    },
  },
  server: {
    port: 5173,
    proxy: Object.fromEntries(
      ['/api', '/_try', '/errors'].map((path) => [path, { target: api, changeOrigin: false }]),
    ),
  },
})
