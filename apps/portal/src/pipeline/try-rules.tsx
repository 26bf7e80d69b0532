// Rules asked about a made-up request before anybody is judged by them: the decision, and which of them took it.

import { useMutation } from '@tanstack/react-query'
import { Play } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client } from '../api/client.ts'
import { JsonField } from '../forms/json-field.tsx'
import type { Json } from '../forms/schema-model.ts'
import { StateChip } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'

type Tried = Parameters<typeof client.policyTypes.tryCedar>[0]

const sample: Json = {
  caller: { application: 'my-app', plan: 'standard', groups: ['partners'], claims: { dept: 'books' } },
  method: 'GET',
  operationId: null,
  path: '/books/{id}',
  parameters: { id: '7' },
  headers: {},
  address: '192.0.2.1',
  time: { hour: 9, minute: 0, weekday: 1 },
}

const tones = { allow: 'success', deny: 'danger', undecided: 'warning' } as const

export function TryRules({ config }: { config: Json }) {
  const { t } = useTranslation('admin')
  const [request, setRequest] = useState<Json | undefined>(sample)
  const [isInvalid, setInvalid] = useState(false)
  const asked = useMutation({
    // Both are JSON that the server reads strictly: what is wrong with it is told below.
    mutationFn: () => client.policyTypes.tryCedar({ config, request: request ?? {} } as Tried),
  })
  return (
    <section
      aria-label={t('pipeline.rules.title')}
      className="flex flex-col gap-3 rounded-lg border border-line bg-sunken p-3"
    >
      <div className="flex flex-col">
        <h4 className="font-medium">{t('pipeline.rules.title')}</h4>
        <p className="text-sm text-muted">{t('pipeline.rules.sentence')}</p>
      </div>
      <JsonField
        label={t('pipeline.rules.request')}
        value={request}
        onChange={setRequest}
        onInvalid={setInvalid}
        rows={10}
      />
      <div>
        <Button icon={Play} isPending={asked.isPending} isDisabled={isInvalid} onPress={() => asked.mutate()}>
          {t('pipeline.rules.ask')}
        </Button>
      </div>
      <ProblemNote problem={asked.error} />
      {asked.data && !asked.error ? <Decision {...asked.data} /> : null}
    </section>
  )
}

function Decision({
  decision,
  rules,
  candidates,
  faults,
}: Awaited<ReturnType<typeof client.policyTypes.tryCedar>>) {
  const { t } = useTranslation('admin')
  const named = decision === 'deny' && rules.length === 0 ? candidates : rules
  const why = decision === 'deny' && rules.length === 0 ? 'none' : decision
  return (
    <div
      ref={(it) => it?.scrollIntoView({ block: 'nearest' })}
      role="status"
      className="flex flex-col gap-1.5 text-sm"
    >
      <div className="flex flex-wrap items-center gap-2">
        <StateChip tone={tones[decision]}>{t(`pipeline.rules.decision.${decision}`)}</StateChip>
        <span className="text-muted">{t(`pipeline.rules.why.${why}`)}</span>
        {named.map((name) => (
          <code key={name}>{name}</code>
        ))}
      </div>
      {faults.map((fault) => (
        <p key={fault} className="break-words text-warning">
          {fault}
        </p>
      ))}
    </div>
  )
}
