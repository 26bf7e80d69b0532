// Event sinks: the list, and what a form of one holds.

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { client, orpc } from '../../api/client.ts'

/** How far a sink has come changes by itself. */
export const sinksQuery = () => orpc.eventSinks.list.queryOptions({ input: {}, refetchInterval: 5_000 })

export type Sink = Awaited<ReturnType<typeof client.eventSinks.list>>['data'][number]
type Target = Sink['target']
export type Format = Extract<Target, { protocol: 'http' }>['format']
export type Authentication = Extract<Target, { protocol: 'http' }>['authentication']

/** The fields of both protocols, so that a change of mind loses nothing. */
export interface Draft {
  readonly name: string
  readonly title: string
  readonly protocol: Target['protocol']
  readonly host: string
  readonly port: number
  readonly tls: boolean
  readonly ca: string
  readonly confirm: boolean
  readonly url: string
  readonly format: Format
  readonly authentication: Authentication
  readonly secret: string
  readonly kinds: Sink['kinds']
  readonly enabled: boolean
}

export const emptyDraft: Draft = {
  name: '',
  title: '',
  protocol: 'syslog',
  host: '',
  port: 6514,
  tls: true,
  ca: '',
  confirm: true,
  url: '',
  format: 'json-lines',
  authentication: 'bearer',
  secret: '',
  kinds: ['audit', 'security'],
  enabled: true,
}

export function draftOf({ name, title, target, kinds, enabled }: Sink): Draft {
  const common = { ...emptyDraft, name, title, kinds, enabled }
  return target.protocol === 'http' ? { ...common, ...target } : { ...common, ...target, ca: target.ca ?? '' }
}

function targetOf(draft: Draft): Target {
  if (draft.protocol === 'http')
    return {
      protocol: 'http',
      url: draft.url,
      format: draft.format,
      authentication: draft.authentication,
    }
  return {
    protocol: 'syslog',
    host: draft.host,
    port: draft.port,
    tls: draft.tls,
    ca: draft.tls && draft.ca.trim() !== '' ? draft.ca : null,
    confirm: draft.confirm,
  }
}

export const takesSecret = ({ protocol, authentication }: Draft) =>
  protocol === 'http' && authentication !== 'none'

/** Left empty, the secret stays; where nothing is sent with one, it goes. */
function secretOf(draft: Draft): { secret?: string | null } {
  if (!takesSecret(draft)) return { secret: null }
  return draft.secret === '' ? {} : { secret: draft.secret }
}

export function useSaveSink(sink: Sink | undefined) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (draft: Draft) => {
      const { title, kinds, enabled } = draft
      const settings = { title, kinds, enabled, target: targetOf(draft), ...secretOf(draft) }
      return sink
        ? client.eventSinks.update({ sink: sink.id, ...settings }, { context: { ifMatch: sink.version } })
        : client.eventSinks.create({ name: draft.name, ...settings })
    },
    onSuccess: () => queryClient.invalidateQueries({ queryKey: orpc.eventSinks.key() }),
  })
}

export function useRemoveSink() {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: ({ id, version }: Sink) =>
      client.eventSinks.remove({ sink: id }, { context: { ifMatch: version } }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: orpc.eventSinks.key() }),
  })
}

export const useTestSink = () =>
  useMutation({ mutationFn: ({ id }: Sink) => client.eventSinks.test({ sink: id }) })
