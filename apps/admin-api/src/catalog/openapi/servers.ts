// Server objects → URLs that can be called: variables replaced by their defaults, relative ones resolved (OpenAPI 4.8.5).
import type { Findings } from './findings.ts'
import type { ImportedServer } from './imported-document.ts'
import { brief, entriesAt, isObject, type JsonObject, type JsonValue, listAt, own, textAt } from './json.ts'
import { at } from './pointer.ts'

export class Servers {
  readonly #base: string | null
  readonly #findings: Findings
  readonly root: ImportedServer[]

  constructor(document: JsonObject, sourceUrl: string | null, findings: Findings) {
    this.#findings = findings
    this.#base = baseUrl(textAt(document, '$self'), sourceUrl)
    const stated = this.#read(document, '', 'document')
    this.root = stated.length > 0 ? stated : [this.#default()]
    if (stated.length === 0 && listAt(document, 'servers').length === 0) {
      const message = this.#base
        ? `No server is named; by the specification it is the document's own, ${this.root[0]?.url}`
        : 'No server is named and the document came without a URL; enter the upstream by hand'
      findings.report('servers-missing', '', message)
    }
  }

  /** The servers that hold for an operation: its own, else those of its path, else the document's. */
  of(operation: JsonObject, pointer: string, item: JsonObject, itemPointer: string): ImportedServer[] {
    const own = this.#read(operation, pointer, 'operation')
    if (own.length > 0) return own
    const shared = this.#read(item, itemPointer, 'path')
    return shared.length > 0 ? shared : this.root
  }

  #default(): ImportedServer {
    const url = this.#base ? new URL('/', this.#base).href : '/'
    return {
      url: trimmed(url),
      template: '/',
      description: null,
      absolute: this.#base !== null,
      from: 'default',
      variables: [],
    }
  }

  #read(owner: JsonObject, pointer: string, from: ImportedServer['from']): ImportedServer[] {
    const servers: ImportedServer[] = []
    for (const [index, server] of listAt(owner, 'servers').entries()) {
      const read = this.#server(server, at(pointer, 'servers', index), from)
      if (read) servers.push(read)
    }
    return servers
  }

  #server(server: JsonValue, pointer: string, from: ImportedServer['from']): ImportedServer | undefined {
    const template = textAt(server, 'url')
    if (!isObject(server) || template === undefined) {
      this.#findings.report('server-invalid', pointer, 'A server without a "url" was left out')
      return undefined
    }
    const variables = entriesAt(server, 'variables').map(([name, variable]) => ({
      name,
      default: textAt(variable, 'default') ?? '',
      values: listAt(variable, 'enum').filter((value) => typeof value === 'string'),
      description: textAt(variable, 'description') ?? null,
    }))
    const filled = template.replace(/\{([^{}]+)\}/g, (written, name: string) => {
      const variable = variables.find((candidate) => candidate.name === name)
      if (variable?.default) return variable.default
      // An empty default is legal where the variable is stated, e.g. `https://host{suffix}`.
      if (own(own(own(server, 'variables'), name), 'default') === '') return ''
      const message = `The server URL ${brief(template)} names {${name}}, which has no default`
      this.#findings.report('server-variable-undefined', pointer, message)
      return written
    })
    const url = this.#resolve(filled, pointer)
    if (!url) return undefined
    return { ...url, template, description: textAt(server, 'description') ?? null, from, variables }
  }

  #resolve(written: string, pointer: string): { url: string; absolute: boolean } | undefined {
    const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(written)?.[1]
    if (scheme === undefined && this.#base === null) {
      if (written.startsWith('//')) {
        this.#findings.report(
          'server-relative',
          pointer,
          `The server URL ${brief(written)} names no scheme; https is taken`,
        )
        return this.#resolve(`https:${written}`, pointer)
      }
      this.#findings.report('server-relative', pointer, `The server URL ${brief(written)} is relative`)
      return { url: trimmed(written) || '/', absolute: false }
    }
    // An undefined variable in the host leaves braces that no URL parser accepts; keep what was written for the form.
    if (/[{}]/.test(written)) return { url: trimmed(written), absolute: scheme !== undefined }
    const url = URL.parse(written, this.#base ?? undefined)
    if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
      this.#findings.report('server-invalid', pointer, `The server URL ${brief(written)} was left out`)
      return undefined
    }
    return { url: trimmed(`${url.origin}${url.pathname}`), absolute: true }
  }
}

/** OpenAPI 3.2: `$self` is the document's base, itself resolved against where it was fetched. */
function baseUrl(self: string | undefined, sourceUrl: string | null): string | null {
  const base = URL.parse(self ?? sourceUrl ?? '', sourceUrl ?? undefined)
  return base && /^https?:$/.test(base.protocol) ? base.href : null
}

/** Paths are appended to a server URL, so its trailing slash would be doubled. */
function trimmed(url: string): string {
  return url.replace(/\/+$/, '')
}
