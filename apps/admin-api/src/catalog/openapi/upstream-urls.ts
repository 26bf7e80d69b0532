// Takes the backend's addresses out of text that developers read (A7): descriptions and examples name the gateway instead.
import ipaddr from 'ipaddr.js'
import { isObject, type JsonObject, type JsonValue } from './json.ts'

/** Links for people, which the author of a document published on purpose. */
const LINKS = new Set(['termsOfService', 'externalDocs', 'contact', 'license'])
const INTERNAL_NAME =
  /^[^.]+$|\.(internal|local|localdomain|localhost|lan|corp|home|intranet|private|svc|test|arpa)$/
/** A URL up to its port, and what follows: its path, or the punctuation of a sentence, up to the next URL. */
const URL_IN_TEXT =
  /(https?:\/\/(?:[\w-]+(?:\.[\w-]+)*|\[[\da-f:.]+\])(?::\d+)?)((?:(?!https?:\/\/)[^\s"'<>`])*)/gi
/** `name.of.host`, with or without a port, or `host:port`; not amid a URL, an address of mail or a longer word. */
const HOST_IN_TEXT = /(?<![\w.@/-])(?:[\w-]+(?:\.[\w-]+)+(?::\d+)?|[\w-]+:\d+)(?![\w-])/g

/**
 * In any text, `hidden` URLs and what is below them become `replacement`. Of a host that only the operator's network
 * knows, every mention does; of a public one, other pages (its website, its help) are left to be found.
 */
export function hideUrls(document: JsonValue, hidden: readonly string[], replacement: string): JsonValue {
  const base = replacement.replace(/\/$/, '')
  const pathsByOrigin = new Map<string, Set<string>>()
  const hosts = new Set<string>()
  for (const text of hidden) {
    const url = URL.parse(text)
    if (!url || !/^https?:$/.test(url.protocol) || base.startsWith(url.origin)) continue
    const internal = isInternal(url.hostname)
    const paths = pathsByOrigin.get(url.origin) ?? new Set()
    paths.add(url.pathname.replace(/\/$/, ''))
    if (internal) paths.add('')
    pathsByOrigin.set(url.origin, paths)
    // A name of one word without a port may be any word of a sentence.
    if (internal && (url.host.includes('.') || url.port !== '')) hosts.add(url.host)
  }
  if (pathsByOrigin.size === 0) return document
  const gateway = URL.parse(base)?.host ?? base

  const shown = (text: string): string => {
    const urlsHidden = text.replace(URL_IN_TEXT, (url: string, start: string, rest: string) => {
      const paths = pathsByOrigin.get(URL.parse(start)?.origin ?? '')
      const path = paths && longestPrefix(paths, rest)
      return path === undefined ? url : base + rest.slice(path.length)
    })
    if (hosts.size === 0) return urlsHidden
    return urlsHidden.replace(HOST_IN_TEXT, (host) => (hosts.has(host.toLowerCase()) ? gateway : host))
  }
  const visit = (node: JsonValue): JsonValue => {
    if (typeof node === 'string') return shown(node)
    if (Array.isArray(node)) return node.map(visit)
    if (!isObject(node)) return node
    const result: JsonObject = {}
    for (const [key, child] of Object.entries(node)) result[key] = LINKS.has(key) ? child : visit(child)
    return result
  }
  return visit(document)
}

/** `/v1` is a prefix of `/v1/orders` and of `/v1.` at the end of a sentence, not of `/v10`. */
function longestPrefix(paths: ReadonlySet<string>, rest: string): string | undefined {
  let longest: string | undefined
  for (const path of paths) {
    const fits = rest.startsWith(path) && !/^[\w-]/.test(rest.slice(path.length))
    if (fits && path.length >= (longest?.length ?? 0)) longest = path
  }
  return longest
}

function isInternal(hostname: string): boolean {
  const name = hostname.replace(/^\[|\]$/g, '')
  return ipaddr.isValid(name) || INTERNAL_NAME.test(name)
}
