// The backends of a version: where their instances are and how they are treated; and whether they can be reached at all.
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { contract } from '@gatewright/shared/contract/index'
import { mostUpstreams, upstreamFault } from '@gatewright/shared/model/upstream'
import { Injectable } from '@nestjs/common'
import { expectVersion, type TenantCall } from '../call.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { Changes, type TenantTransaction } from '../publishing/change.ts'
import { recountUnpublished } from '../publishing/draft.ts'
import { refuse, refuseField } from '../refusal.ts'
import { setUpstream } from './drafts.ts'
import { addressesOf, forbiddenAddress, neverAsked } from './upstream-addresses.ts'
import { unreadableAuthorities } from './upstream-trust.ts'
import { findVersion, showUpstream, showVersion, type VersionRow } from './version-view.ts'

type Noun = typeof contract.upstreams

const checkMs = 3_000

@Injectable()
export class UpstreamsService implements Service<Noun> {
  constructor(private readonly changes: Changes) {}

  async set(call: TenantCall, input: InputOf<Noun['set']>) {
    const { tenant: _, api, apiVersion, upstream: name, ...settings } = input
    const fault = upstreamFault(settings) ?? forbiddenAddress(settings) ?? unreadableAuthorities(settings)
    if (fault) refuseField('invalid_input', `/${fault.path.replaceAll('.', '/')}`, fault.message)
    return this.#change(call, { api, apiVersion }, 'upstreams.set', name, async (tx, version) => {
      const isNew = !version.upstreams.some((one) => one.name === name)
      if (isNew && version.upstreams.length >= mostUpstreams) {
        refuse('limit_reached', `A version has at most ${mostUpstreams} upstreams`, {
          extensions: { limit: mostUpstreams },
        })
      }
      await setUpstream(tx.db, call.tenant.id, version.id, name, settings)
      tx.grows()
    })
  }

  async remove(call: TenantCall, input: InputOf<Noun['remove']>) {
    const { upstream: name } = input
    return this.#change(call, input, 'upstreams.remove', name, async (tx, version) => {
      const { id } = findUpstream(version, name)
      const route = await tx.db.route.findFirst({ where: { versionId: version.id, upstream: name } })
      if (route) refuse('in_use', `The route ${route.method} ${route.path} names the upstream ${name}`)
      await tx.db.upstream.delete({ where: { id } })
    })
  }

  /** Writes to the draft's upstreams, under the version of the API version, with an entry that tells of the one named. */
  async #change(
    call: TenantCall,
    place: { readonly api: string; readonly apiVersion: string },
    action: string,
    name: string,
    write: (tx: TenantTransaction, version: VersionRow) => Promise<void>,
  ) {
    return this.changes.inTenant(call, async (tx) => {
      const before = await findVersion(tx.db, place)
      expectVersion(call, before)
      await tx.db.apiVersion.update({
        where: { id: before.id, version: before.version },
        data: { version: { increment: 1 } },
      })
      await write(tx, before)
      await recountUnpublished(tx.db, before.id)
      const after = await findVersion(tx.db, place)
      const shown = ({ upstreams }: VersionRow) => {
        const row = upstreams.find((one) => one.name === name)
        return row ? showUpstream(row) : null
      }
      tx.audit({
        action,
        resource: { kind: 'upstream', id: before.id, name: `${before.api.name}/${before.name} ${name}` },
        before: shown(before),
        after: shown(after),
      })
      return showVersion(after)
    })
  }

  async check(call: TenantCall, input: InputOf<Noun['check']>) {
    const version = await findVersion(call.db, input)
    const settings = showUpstream(findUpstream(version, input.upstream))
    return { targets: await Promise.all(addressesOf(settings).map(({ url }) => tryTarget(url))) }
  }
}

function findUpstream({ name: versionName, api, upstreams }: VersionRow, name: string) {
  return (
    upstreams.find((one) => one.name === name) ??
    refuse('not_found', `${api.name} ${versionName} has no upstream "${name}"`)
  )
}

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
