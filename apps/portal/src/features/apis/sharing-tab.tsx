// Which other teams have the API in their catalogue, and how much they use it: share it, or take it back (ADR 97).

import type { Share } from '@gatewright/shared/contract/shares'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Share2, UserRoundPlus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, orpc } from '../../api/client.ts'
import { usePages } from '../../api/rows.ts'
import { useMay } from '../../api/session.ts'
import { errorsByPath } from '../../forms/field-problems.ts'
import { AlertDialog } from '../../ui/alert-dialog.tsx'
import { StateChip } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { RadioGroup } from '../../ui/choice.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Link } from '../../ui/link.tsx'
import { Section } from '../../ui/page.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { EmptyState } from '../../ui/states.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { Time } from '../../ui/time.tsx'
import { toast } from '../../ui/toast.tsx'
import { useApiPlace } from './place.ts'

const tones = { active: 'success', running_out: 'warning', ended: 'neutral' } as const

export function SharingTab() {
  const { tenant, env, place } = useApiPlace()
  const { t } = useTranslation('admin')
  const mayShare = useMay(tenant)('api:publish')
  const source = usePages(orpc.shares.list, { tenant, api: place.api })
  const [isAdding, setAdding] = useState(false)
  const [ending, setEnding] = useState<Share>()
  const columns: Column<Share>[] = [
    {
      id: 'team',
      header: t('sharing.team'),
      card: 'title',
      cell: ({ team }) => (
        <span className="flex min-w-0 items-baseline gap-2">
          <span className="truncate font-medium">{team.title}</span>
          <code className="truncate text-sm text-muted">{team.name}</code>
        </span>
      ),
    },
    {
      id: 'state',
      header: t('sharing.state'),
      width: '9rem',
      card: 'aside',
      cell: ({ state }) => <StateChip tone={tones[state]}>{t(`sharing.states.${state}`)}</StateChip>,
    },
    {
      id: 'uses',
      header: t('sharing.subscriptions'),
      width: '14rem',
      cell: ({ team, subscriptions }) =>
        standing(subscriptions) + subscriptions.pending === 0 ? (
          <span className="text-faint">{t('sharing.none')}</span>
        ) : (
          <Link
            to="/admin/t/$tenant/$env/subscriptions"
            params={{ tenant, env }}
            search={{ api: place.api, team: team.name }}
          >
            {t('sharing.uses', { count: standing(subscriptions) })}
            {subscriptions.pending > 0
              ? ` · ${t('sharing.waiting', { count: subscriptions.pending })}`
              : null}
          </Link>
        ),
    },
    {
      id: 'since',
      header: t('sharing.since'),
      width: '16rem',
      isWideOnly: true,
      cell: ({ createdAt, endedAt, sharedBy }) => (
        <span className="flex min-w-0 flex-col text-muted max-sm:items-end">
          <Time at={endedAt ?? createdAt} />
          {endedAt === null ? <span className="text-sm break-words text-faint">{sharedBy}</span> : null}
        </span>
      ),
    },
    {
      id: 'act',
      header: '',
      align: 'end',
      width: '8rem',
      cell: (row) =>
        mayShare && row.state !== 'ended' ? (
          <Button size="sm" onPress={() => setEnding(row)}>
            {t('sharing.end')}
          </Button>
        ) : null,
    },
  ]
  return (
    <Section
      title={t('sharing.title')}
      sentence={t('sharing.sentence')}
      actions={
        mayShare ? (
          <Button icon={UserRoundPlus} onPress={() => setAdding(true)}>
            {t('sharing.add')}
          </Button>
        ) : null
      }
    >
      <DataTable
        label={t('sharing.title')}
        columns={columns}
        source={source}
        rowId={({ id }) => id}
        isDimmed={({ state }) => state === 'ended'}
        empty={<EmptyState icon={Share2} title={t('sharing.empty')} sentence={t('sharing.emptyDetail')} />}
      />
      {isAdding ? <ShareDialog tenant={tenant} api={place.api} onClose={() => setAdding(false)} /> : null}
      {ending ? (
        <EndDialog tenant={tenant} api={place.api} share={ending} onClose={() => setEnding(undefined)} />
      ) : null}
    </Section>
  )
}

const standing = ({ active, suspended }: Share['subscriptions']) => active + suspended

interface At {
  readonly tenant: string
  readonly api: string
  onClose(): void
}

function ShareDialog({ tenant, api, onClose }: At) {
  const { t } = useTranslation('admin')
  const queryClient = useQueryClient()
  const [team, setTeam] = useState('')
  const share = useMutation({
    mutationFn: () => client.shares.create({ tenant, api, team: team.trim() }),
    onSuccess: async (made) => {
      toast({ title: t('sharing.shared', { team: made.team.title }) })
      await queryClient.invalidateQueries({ queryKey: orpc.shares.key() })
      onClose()
    },
  })
  const error = errorsByPath(share.error).get('/team')
  const submit = () => {
    if (team.trim() !== '') share.mutate()
  }
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t('sharing.addTitle')}
      sentence={t('sharing.addSentence')}
      footer={
        <Button
          variant="primary"
          isPending={share.isPending}
          isDisabled={team.trim() === ''}
          onPress={submit}
        >
          {t('sharing.add')}
        </Button>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <TextField
          label={t('sharing.teamName')}
          help={t('sharing.teamHelp')}
          error={error}
          value={team}
          onChange={setTeam}
          autoFocus
          mono
        />
        <ProblemNote problem={error ? null : share.error} />
      </form>
    </Dialog>
  )
}

function EndDialog({ tenant, api, share, onClose }: At & { readonly share: Share }) {
  const { t } = useTranslation('admin')
  const queryClient = useQueryClient()
  const uses = standing(share.subscriptions) + share.subscriptions.pending
  const isRunningOut = share.state === 'running_out'
  const [fate, setFate] = useState<'keep' | 'end'>(isRunningOut ? 'end' : 'keep')
  const end = useMutation({
    mutationFn: () =>
      client.shares.end({ tenant, api, share: share.id, ...(uses > 0 ? { subscriptions: fate } : {}) }),
    onSuccess: async () => {
      toast({ title: t('sharing.ended', { team: share.team.title }) })
      await Promise.all(
        [orpc.shares.key(), orpc.subscriptions.key()].map((queryKey) =>
          queryClient.invalidateQueries({ queryKey }),
        ),
      )
      onClose()
    },
  })
  return (
    <AlertDialog
      isOpen
      onClose={onClose}
      title={t('sharing.endTitle', { team: share.team.title })}
      action={t('sharing.end')}
      onConfirm={() => end.mutate()}
      isPending={end.isPending}
      problem={end.error}
    >
      <div className="flex flex-col gap-4">
        <p>{isRunningOut ? t('sharing.endAgain') : t('sharing.endDetail', { team: share.team.title })}</p>
        {uses > 0 && !isRunningOut ? (
          <RadioGroup
            label={t('sharing.fate', { count: uses })}
            value={fate}
            onChange={setFate}
            options={[
              { value: 'keep', label: t('sharing.keep'), detail: t('sharing.keepHelp') },
              { value: 'end', label: t('sharing.cancel'), detail: t('sharing.cancelHelp') },
            ]}
          />
        ) : null}
      </div>
    </AlertDialog>
  )
}
