// Revocation lists at addresses: read ahead, read again in the background, kept while their server is away until they are too old.
import { type RevocationList, readRevocationLists } from '@gatewright/shared/x509/revocation-list'
import type { RegistryClient } from '../../upstream/discovery/registry-client.ts'

export interface RevocationFeed {
  readonly lists: readonly RevocationList[]
  /** Another number once the lists are others; also has them read again when it is time. */
  version(nowMs: number): number
}

export interface RevocationFeeds {
  follow(url: string): RevocationFeed
  /** Resolves when all were read once, could not be, or had the time for it. */
  settled(): Promise<void>
}

interface Log {
  warn(fields: object, message: string): void
}

const refreshMs = 300_000
const retryMs = 10_000
const timeoutMs = 5_000
const patienceMs = 1_000
/** Parsed in a few milliseconds, of a worker that has other things to do. */
const listBytesMax = 1_048_576
// Tenants name addresses: those that nobody named for long make room.
const feedsMax = 500

export function createRevocationFeeds(client: RegistryClient, log: Log): RevocationFeeds {
  const feeds = new Map<string, FollowedFeed>()
  return {
    follow(url) {
      const feed = feeds.get(url) ?? new FollowedFeed(new URL(url), client, log)
      feeds.delete(url)
      feeds.set(url, feed)
      if (feeds.size > feedsMax) feeds.delete(feeds.keys().next().value ?? '')
      feed.version(Date.now())
      return feed
    },
    async settled() {
      let timer: NodeJS.Timeout | undefined
      const patience = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, patienceMs)
      })
      await Promise.race([Promise.all(Array.from(feeds.values(), (feed) => feed.first)), patience])
      clearTimeout(timer)
    },
  }
}

class FollowedFeed implements RevocationFeed {
  lists: readonly RevocationList[] = []
  /** The first reading, whatever came of it. */
  first: Promise<void> = Promise.resolve()
  readonly #url: URL
  readonly #client: RegistryClient
  readonly #log: Log
  #version = 0
  #nextMs = 0

  constructor(url: URL, client: RegistryClient, log: Log) {
    this.#url = url
    this.#client = client
    this.#log = log
  }

  version(nowMs: number): number {
    if (nowMs >= this.#nextMs) {
      const isFirst = this.#nextMs === 0
      // Until this reading is over there is no other one.
      this.#nextMs = Number.POSITIVE_INFINITY
      const reading = this.#read()
      if (isFirst) this.first = reading
    }
    return this.#version
  }

  async #read(): Promise<void> {
    try {
      const { status, body } = await this.#client.get({
        url: this.#url,
        access: { token: null, ca: null },
        timeoutMs,
        bytesMax: listBytesMax,
        encoding: 'latin1',
        signal: new AbortController().signal,
      })
      if (status !== 200) throw new Error(`it answered ${status}`)
      this.lists = readRevocationLists(Buffer.from(body, 'latin1'))
      this.#version++
      this.#nextMs = Date.now() + refreshMs
    } catch (error) {
      this.#log.warn(
        { host: this.#url.host, reason: (error as Error).message },
        'A revocation list cannot be read',
      )
      this.#nextMs = Date.now() + retryMs
    }
  }
}
