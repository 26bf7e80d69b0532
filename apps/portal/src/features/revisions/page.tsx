// The environment's history: what each revision changed, by whom and why; a rollback is two clicks.

import type { Environment, Revision } from '@gatewright/shared/model/environment'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { History, Undo2 } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { client, orpc } from '../../api/client.ts'
import { usePages } from '../../api/rows.ts'
import { useMay } from '../../api/session.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { ConfigChanges } from '../../ui/config-changes.tsx'
import { CopyButton } from '../../ui/copy.tsx'
import { type Column, DataTable, RowLink } from '../../ui/data-table.tsx'
import { Drawer } from '../../ui/dialog.tsx'
import { KeyValue } from '../../ui/key-value.tsx'
import { Page, PageHeader } from '../../ui/page.tsx'
import { ReleaseDialog } from '../../ui/release-dialog.tsx'
import { EmptyState, Loaded, Skeleton } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'

const route = getRouteApi('/admin/t/$tenant/$env/revisions')

export function RevisionsPage() {
  const { tenant, env } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { t } = useTranslation('admin')
  const may = useMay(tenant)
  const source = usePages(orpc.environments.revisions, { tenant, environment: env })
  const environment = useQuery(
    orpc.environments.list.queryOptions({ input: {}, staleTime: 60_000 }),
  ).data?.data.find((candidate) => candidate.name === env)
  const opened = source.rows?.find((revision) => revision.number === search.revision)
  const go = (next: { revision?: number | undefined; rollback?: true | undefined }) =>
    void navigate({ search: next, replace: true })

  const columns: Column<Revision>[] = [
    {
      id: 'number',
      header: t('revisions.column.number'),
      width: '9rem',
      card: 'title',
      cell: (revision) => (
        <span className="flex items-center gap-2">
          <RowLink
            to="/admin/t/$tenant/$env/revisions"
            params={{ tenant, env }}
            search={{ revision: revision.number }}
            replace
            className="tabular"
          >
            {revision.number}
          </RowLink>
          {revision.current ? <Badge tone="success">{t('revisions.current')}</Badge> : null}
        </span>
      ),
    },
    {
      id: 'what',
      header: t('revisions.column.what'),
      cell: (revision) => (
        <span className="flex min-w-0 items-baseline gap-2 max-sm:justify-end">
          <span className="sm:truncate">{revision.reason || revision.action}</span>
          {revision.reason ? (
            <code className="truncate text-xs text-faint max-sm:hidden">{revision.action}</code>
          ) : null}
        </span>
      ),
    },
    {
      id: 'changes',
      header: t('revisions.column.changes'),
      width: '8rem',
      align: 'end',
      cell: (revision) => (
        <span className="whitespace-nowrap text-muted">
          {t('revisions.changes', { count: revision.changes.length })}
        </span>
      ),
    },
    {
      id: 'by',
      header: t('revisions.column.by'),
      width: '12rem',
      cell: (revision) => <span className="whitespace-nowrap text-muted">{revision.actor}</span>,
    },
    {
      id: 'at',
      header: t('revisions.column.at'),
      width: '10rem',
      align: 'end',
      cell: (revision) => (
        <span className="text-muted">
          <Time at={revision.createdAt} />
        </span>
      ),
    },
    {
      id: 'action',
      header: '',
      width: '8rem',
      align: 'end',
      cell: (revision) =>
        may('api:publish') && !revision.current ? (
          <Button size="sm" icon={Undo2} onPress={() => go({ revision: revision.number, rollback: true })}>
            {t('revisions.rollback')}
          </Button>
        ) : null,
    },
  ]
  return (
    <Page>
      <PageHeader
        title={t('revisions.title')}
        sentence={t('revisions.sentence', { environment: environment?.title ?? env })}
      />
      <DataTable
        label={t('revisions.title')}
        columns={columns}
        source={source}
        rowId={(revision) => String(revision.number)}
        empty={
          <EmptyState
            icon={History}
            title={t('revisions.empty')}
            sentence={t('revisions.emptySentence', { environment: environment?.title ?? env })}
          />
        }
      />
      {search.revision !== undefined && search.rollback ? (
        <RollbackDialog
          tenant={tenant}
          env={env}
          number={search.revision}
          environment={environment}
          onClose={() => go({})}
        />
      ) : opened ? (
        <RevisionDrawer
          revision={opened}
          onClose={() => go({})}
          onRollback={
            may('api:publish') && !opened.current
              ? () => go({ revision: opened.number, rollback: true })
              : undefined
          }
        />
      ) : null}
    </Page>
  )
}

function RevisionDrawer({
  revision,
  onClose,
  onRollback,
}: {
  revision: Revision
  onClose(): void
  onRollback: (() => void) | undefined
}) {
  const { t } = useTranslation('admin')
  return (
    <Drawer
      isOpen
      onClose={onClose}
      size="lg"
      title={t('revisions.drawerTitle', { number: revision.number })}
      sentence={revision.reason}
      footer={
        onRollback ? (
          <Button icon={Undo2} onPress={onRollback}>
            {t('revisions.rollbackTo', { number: revision.number })}
          </Button>
        ) : null
      }
    >
      <div className="flex flex-col gap-5">
        <KeyValue
          facts={[
            { label: t('revisions.column.by'), value: revision.actor },
            { label: t('revisions.column.at'), value: <Time at={revision.createdAt} look="instant" /> },
            { label: t('revisions.action'), value: <code>{revision.action}</code> },
            {
              label: t('revisions.hash'),
              value: revision.hash ? (
                <span className="flex items-center gap-1">
                  <code className="break-all">{revision.hash}</code>
                  <CopyButton text={revision.hash} />
                </span>
              ) : (
                t('revisions.unbuilt')
              ),
            },
          ]}
        />
        <section className="flex flex-col gap-2">
          <h3 className="font-medium">{t('revisions.whatChanged')}</h3>
          {revision.changes.length > 0 ? (
            <ConfigChanges changes={revision.changes} />
          ) : (
            <p className="text-muted">{t('revisions.noChanges')}</p>
          )}
        </section>
      </div>
    </Drawer>
  )
}

interface RollbackDialogProps {
  tenant: string
  env: string
  number: number
  environment: Environment | undefined
  onClose(): void
}

function RollbackDialog({ tenant, env, number, environment, onClose }: RollbackDialogProps) {
  const { t } = useTranslation('admin')
  const queryClient = useQueryClient()
  const preview = useQuery(
    orpc.environments.rollbackPreview.queryOptions({
      input: { tenant, environment: env, number },
      staleTime: 0,
    }),
  )
  const rollback = useMutation({
    mutationFn: (note: string) => client.environments.rollback({ tenant, environment: env, number, note }),
    // Deployments and tenant policies are other ones now, and everything that tells of them.
    onSuccess: () => queryClient.invalidateQueries(),
  })
  return (
    <ReleaseDialog
      release={rollback}
      title={t('revisions.rollbackTitle', { environment: environment?.title ?? env, number })}
      sentence={t('revisions.rollbackSentence')}
      action={t('revisions.rollbackTo', { number })}
      icon={Undo2}
      tone={environment?.production ? 'danger' : 'primary'}
      doneTitle={() => t('revisions.rolledBack', { number })}
      onClose={onClose}
    >
      <Loaded query={preview} skeleton={<Skeleton className="h-32 w-full" />}>
        {({ changes }) =>
          changes.length > 0 ? (
            <ConfigChanges changes={changes} maxHeight="20rem" />
          ) : (
            <p className="text-muted">{t('revisions.rollbackNothing')}</p>
          )
        }
      </Loaded>
    </ReleaseDialog>
  )
}
