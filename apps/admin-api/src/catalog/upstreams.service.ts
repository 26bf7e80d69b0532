// The service behind a version: its targets and how patient we are with them; and whether they can be reached at all.
import { connect } from 'node:net'
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

/** Opens a TCP connection and closes it: what every request to the target begins with. */
async function tryTarget(target: string) {
  const url = new URL(target)
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
  const startedAt = performance.now()
  const failure = await new Promise<string | null>((resolve) => {
    const socket = connect({ host: url.hostname.replace(/^\[|\]$/g, ''), port })
    const end = (outcome: string | null) => {
      socket.destroy()
      resolve(outcome)
    }
    socket.setTimeout(checkMs, () => end(`no answer within ${checkMs} ms`))
    socket.once('connect', () => end(null))
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message))
  })
  return {
    url: target,
    reachable: failure === null,
    milliseconds: Math.round(performance.now() - startedAt),
    detail: failure ?? 'connected',
  }
}
