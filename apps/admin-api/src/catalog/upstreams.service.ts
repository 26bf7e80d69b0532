// The service behind a version: its targets and how patient we are with them; and whether they can be reached at all.
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { connect } from 'node:net'
import { createAddressSet, metadataServices } from '@gatewright/shared/cidr'
import type { contract } from '@gatewright/shared/contract/index'
import { Injectable } from '@nestjs/common'
import { expectVersion, type TenantCall } from '../call.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { Changes } from '../publishing/change.ts'
import { recountUnpublished } from '../publishing/draft.ts'
import { refuse } from '../refusal.ts'
import { setUpstream } from './drafts.ts'
import { findVersion, showUpstream } from './version-view.ts'

type Noun = typeof contract.upstreams

const checkMs = 3_000

@Injectable()
export class UpstreamsService implements Service<Noun> {
  constructor(private readonly changes: Changes) {}

  async set(call: TenantCall, input: InputOf<Noun['set']>) {
    const { tenant: _, api, apiVersion, ...upstream } = input
    return this.changes.inTenant(call, async (tx) => {
      const version = await findVersion(tx.db, { api, apiVersion })
      expectVersion(call, version)
      await tx.db.apiVersion.update({
        where: { id: version.id, version: version.version },
        data: { version: { increment: 1 } },
      })
      await setUpstream(tx.db, call.tenant.id, version.id, upstream)
      await recountUnpublished(tx.db, version.id)
      const changed = await findVersion(tx.db, { api, apiVersion })
      const after = changed.upstream ? showUpstream(changed.upstream) : refuse('not_found')
      tx.audit({
        action: 'upstreams.set',
        resource: { kind: 'upstream', id: version.id, name: `${version.api.name}/${version.name}` },
        before: version.upstream && showUpstream(version.upstream),
        after,
      })
      return { ...after, version: changed.version }
    })
  }

  async check(call: TenantCall, input: InputOf<Noun['check']>) {
    const version = await findVersion(call.db, input)
    const targets = version.upstream?.targets ?? []
    return { targets: await Promise.all(targets.map(({ url }) => tryTarget(url))) }
  }
}

const neverAsked = createAddressSet(metadataServices)

/** Opens a TCP connection and closes it: what every request to the target begins with. */
async function tryTarget(target: string) {
  const startedAt = performance.now()
  const failure = await connectTo(new URL(target)).then(
    () => null,
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  )
  return {
    url: target,
    reachable: failure === null,
    milliseconds: Math.round(performance.now() - startedAt),
    detail: failure ?? 'connected',
  }
}

async function connectTo(url: URL): Promise<void> {
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const addresses = await lookup(host, { all: true })
  // Gateways do not connect there either; and whether anything answers is nothing to tell.
  if (addresses.some(({ address }) => neverAsked.has(address)))
    throw new Error('an address that no gateway connects to')
  const socket = connect({ host, port, lookup: (_host, _options, answer) => answer(null, addresses) })
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(checkMs) })
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw new Error(`no answer within ${checkMs} ms`)
    throw error
  } finally {
    socket.destroy()
  }
}
