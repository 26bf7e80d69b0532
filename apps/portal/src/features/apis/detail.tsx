// One API: its state, its version, Publish, and tabs for everything it is made of.

import type { ApiSummary } from '@gatewright/shared/model/api'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Outlet, useNavigate, useRouterState } from '@tanstack/react-router'
import {
  Activity,
  Archive,
  BookOpen,
  Boxes,
  Clock,
  Ellipsis,
  PencilLine,
  Rocket,
  Trash2,
  Undo2,
} from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client } from '../../api/client.ts'
import { useMay } from '../../api/session.ts'
import { AlertDialog } from '../../ui/alert-dialog.tsx'
import { Badge } from '../../ui/badge.tsx'
import { Button, IconButton } from '../../ui/button.tsx'
import { LifecycleChip } from '../../ui/lifecycle-chip.tsx'
import { Link } from '../../ui/link.tsx'
import { Menu } from '../../ui/menu.tsx'
import { Page, PageHeader } from '../../ui/page.tsx'
import { Select } from '../../ui/select.tsx'
import { EmptyState, Loaded } from '../../ui/states.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { toast } from '../../ui/toast.tsx'
import { apiQuery, forgetApis, versionQuery } from './queries.ts'
import { chosenVersion } from './versions.ts'

const route = getRouteApi('/admin/t/$tenant/$env/apis/$api')

const PublishDialog = lazy(async () => ({ default: (await import('./publish-dialog.tsx')).PublishDialog }))
const LifecycleDialog = lazy(async () => ({
  default: (await import('./lifecycle-dialog.tsx')).LifecycleDialog,
}))
const EditDialog = lazy(async () => ({ default: (await import('./edit-dialog.tsx')).EditDialog }))

const tabs = [
  'overview',
  'routes',
  'upstreams',
  'traffic',
  'policies',
  'document',
  'usage',
  'settings',
  'sharing',
  'revisions',
] as const
type Tab = (typeof tabs)[number]

export function ApiPage() {
  const { tenant, api } = route.useParams()
  const found = useQuery(apiQuery(tenant, api))
  return <Loaded query={found}>{(loaded) => <ApiFrame api={loaded} />}</Loaded>
}

function ApiFrame({ api }: { api: ApiSummary }) {
  const { tenant, env, api: reference } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  // Relative to the tab that is open, and not to this page: publishing leaves nobody elsewhere.
  const stay = useNavigate()
  const queryClient = useQueryClient()
  const { t } = useTranslation('admin')
  const may = useMay(tenant)
  const [open, setOpen] = useState<'deprecated' | 'retired' | 'published' | 'edit' | 'delete'>()
  const chosen = chosenVersion(api, search.version)
  const place = { tenant, api: api.name, apiVersion: chosen?.name ?? 'v1' }
  const version = useQuery({ ...versionQuery(place), enabled: chosen !== undefined })
  const pathname = useRouterState({ select: (state) => state.location.pathname })
  // /admin/t/{tenant}/{env}/apis/{api}/{tab}: by place, as an API may be called like a tab.
  const tab: Tab = tabs.find((candidate) => candidate === pathname.split('/')[7]) ?? 'overview'

  const remove = useMutation({
    mutationFn: () => client.apis.remove({ tenant, api: api.name }, { context: { ifMatch: api.version } }),
    onSuccess: async () => {
      toast({ title: t('api.deleted', { title: api.title }) })
      await navigate({ to: '/admin/t/$tenant/$env/apis', params: { tenant, env } })
      await forgetApis(queryClient)
    },
  })

  const lifecycle = chosen?.lifecycle
  const closeDialog = () => setOpen(undefined)
  return (
    <Page>
      <PageHeader
        crumbs={[
          <Link key="apis" to="/admin/t/$tenant/$env/apis" params={{ tenant, env }}>
            {t('api.crumb')}
          </Link>,
        ]}
        title={api.title}
        mark={
          chosen ? (
            <span className="flex flex-wrap items-center gap-2">
              <LifecycleChip lifecycle={chosen.lifecycle} />
              {chosen.unpublishedChanges > 0 && chosen.lifecycle !== 'draft' ? (
                <Badge tone="info">{t('unpublished', { count: chosen.unpublishedChanges })}</Badge>
              ) : null}
            </span>
          ) : null
        }
        sentence={
          <span className="flex flex-wrap items-center gap-x-2">
            <code>{api.name}</code>
            {chosen ? (
              <>
                <span aria-hidden>·</span>
                <code>{chosen.basePath}</code>
              </>
            ) : null}
          </span>
        }
        actions={
          <>
            {api.versions.length > 1 && chosen ? (
              <Select
                label={t('api.version')}
                labelHidden
                className="w-36"
                value={chosen.name}
                onChange={(name) => void stay({ to: '.', search: { version: name } })}
                options={api.versions.map((candidate) => ({
                  value: candidate.name,
                  label: candidate.name,
                  detail: t(`lifecycle.${candidate.lifecycle}`),
                }))}
              />
            ) : null}
            <Menu
              label={t('api.lifecycleMenu')}
              placement="bottom end"
              trigger={<IconButton icon={Ellipsis} label={t('api.lifecycleMenu')} variant="secondary" />}
              groups={[
                {
                  id: 'see',
                  items: [
                    {
                      id: 'portal',
                      label: t('api.seePortal'),
                      icon: BookOpen,
                      onAction: () =>
                        void navigate({ to: '/p/$tenant/apis/$api', params: { tenant, api: api.name } }),
                    },
                    ...(may('analytics:read')
                      ? [
                          {
                            id: 'traffic',
                            label: t('api.seeTraffic'),
                            icon: Activity,
                            onAction: () =>
                              void navigate({
                                to: '/insights/t/$tenant/$env',
                                params: { tenant, env },
                                search: { api: api.name },
                              }),
                          },
                        ]
                      : []),
                    ...(may('api:write')
                      ? [
                          {
                            id: 'edit',
                            label: t('api.edit'),
                            icon: PencilLine,
                            onAction: () => setOpen('edit'),
                          },
                        ]
                      : []),
                  ],
                },
                {
                  id: 'life',
                  items: may('api:publish')
                    ? [
                        ...(lifecycle === 'published'
                          ? [
                              {
                                id: 'deprecate',
                                label: t('api.deprecate'),
                                icon: Clock,
                                onAction: () => setOpen('deprecated'),
                              },
                            ]
                          : []),
                        ...(lifecycle === 'deprecated'
                          ? [
                              {
                                id: 'restore',
                                label: t('api.restore'),
                                icon: Undo2,
                                onAction: () => setOpen('published'),
                              },
                            ]
                          : []),
                        ...(lifecycle === 'published' || lifecycle === 'deprecated'
                          ? [
                              {
                                id: 'retire',
                                label: t('api.retire'),
                                icon: Archive,
                                isDanger: true,
                                onAction: () => setOpen('retired'),
                              },
                            ]
                          : []),
                      ]
                    : [],
                },
                {
                  id: 'danger',
                  items: may('api:write')
                    ? [
                        {
                          id: 'delete',
                          label: t('api.delete'),
                          icon: Trash2,
                          isDanger: true,
                          onAction: () => setOpen('delete'),
                        },
                      ]
                    : [],
                },
              ]}
            />
            {may('api:publish') && chosen && lifecycle !== 'retired' ? (
              <Button
                variant="primary"
                icon={Rocket}
                isDisabled={lifecycle !== 'draft' && chosen.unpublishedChanges === 0}
                onPress={() => void stay({ to: '.', search: (old) => ({ ...old, publish: true }) })}
              >
                {t('api.publish')}
              </Button>
            ) : null}
          </>
        }
      />
      {chosen ? (
        <Tabs
          label={t('api.tabs')}
          value={tab}
          onChange={(next) => {
            const kept = search.version ? { version: search.version } : {}
            const params = { tenant, env, api: reference }
            void (next === 'overview'
              ? navigate({ to: '/admin/t/$tenant/$env/apis/$api', params, search: kept })
              : navigate({ to: `/admin/t/$tenant/$env/apis/$api/${next}`, params, search: kept }))
          }}
          items={tabs.map((value) => ({
            value,
            label: t(`api.tab.${value}`),
            count: value === 'routes' ? chosen.routeCount : undefined,
          }))}
        >
          <Outlet />
        </Tabs>
      ) : (
        <EmptyState icon={Boxes} title={t('api.noVersion')} sentence={t('api.noVersionDetail')} />
      )}
      <Suspense>
        {search.publish && version.data ? (
          <PublishDialog
            title={api.title}
            version={version.data}
            place={place}
            env={env}
            onClose={() => void stay({ to: '.', search: (old) => ({ ...old, publish: undefined }) })}
          />
        ) : null}
        {version.data && (open === 'deprecated' || open === 'retired' || open === 'published') ? (
          <LifecycleDialog to={open} api={api} version={version.data} place={place} onClose={closeDialog} />
        ) : null}
        {open === 'edit' ? <EditDialog api={api} tenant={tenant} onClose={closeDialog} /> : null}
      </Suspense>
      <AlertDialog
        isOpen={open === 'delete'}
        onClose={() => {
          remove.reset()
          closeDialog()
        }}
        title={t('api.deleteTitle', { title: api.title })}
        action={t('api.delete')}
        typeToConfirm={api.name}
        onConfirm={() => remove.mutate()}
        isPending={remove.isPending}
        problem={remove.error}
      >
        {t('api.deleteDetail')}
      </AlertDialog>
    </Page>
  )
}
