// One route of the draft: whether it answers, whether it is public, its own policies, its examples.

import type { Route } from '@gatewright/shared/model/api'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Plus, Trash2 } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client } from '../../api/client.ts'
import { useMay } from '../../api/session.ts'
import { useEdited } from '../../forms/edited.ts'
import type { ProposedException } from '../../pipeline/chain.ts'
import { AlertDialog } from '../../ui/alert-dialog.tsx'
import { Badge, MethodBadge } from '../../ui/badge.tsx'
import { Button, IconButton } from '../../ui/button.tsx'
import { Switch } from '../../ui/choice.tsx'
import { Drawer } from '../../ui/dialog.tsx'
import { KeyValue } from '../../ui/key-value.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { Skeleton } from '../../ui/states.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { NumberField, TextArea, TextField } from '../../ui/text-field.tsx'
import { toast } from '../../ui/toast.tsx'
import { forgetApis, type VersionPlace, versionQuery } from './queries.ts'
import { RouteMatch } from './route-match.tsx'

const ChainEditor = lazy(async () => ({
  default: (await import('../../pipeline/chain-editor.tsx')).ChainEditor,
}))

interface RouteDrawerProps {
  route: Route
  place: VersionPlace
  /** An exception of the firewall, to be looked at among its policies. */
  proposed?: ProposedException | undefined
  onClose(): void
}

type Part = 'settings' | 'policies' | 'mocks'

export function RouteDrawer({ route, place, proposed, onClose }: RouteDrawerProps) {
  const { t } = useTranslation('admin')
  const may = useMay(place.tenant)
  const queryClient = useQueryClient()
  const version = useQuery(versionQuery(place)).data
  const [part, setPart] = useState<Part>(proposed ? 'policies' : 'settings')
  const [isRemoving, setRemoving] = useState(false)
  // Above the tabs, so that a look at another one loses nothing.
  const examples = useEdited({ mocks: route.mocks }, route.version)
  const name = `${route.method} ${route.path}`
  const update = useMutation({
    mutationFn: (change: {
      summary?: string | null
      public?: boolean
      enabled?: boolean
      mocks?: Route['mocks']
    }) =>
      client.routes.update(
        { ...place, route: route.id, ...change },
        { context: { ifMatch: change.mocks ? examples.version : route.version } },
      ),
    onSuccess: async () => {
      toast({ title: t('routes.drawer.saved') })
      await forgetApis(queryClient)
    },
  })
  const remove = useMutation({
    mutationFn: () =>
      client.routes.remove({ ...place, route: route.id }, { context: { ifMatch: route.version } }),
    onSuccess: async () => {
      toast({ title: t('routes.drawer.removed', { route: name }) })
      onClose()
      await forgetApis(queryClient)
    },
  })
  const isEditable = may('api:write') && version?.lifecycle !== 'retired'
  return (
    <Drawer
      isOpen
      onClose={onClose}
      size="lg"
      title={
        <span className="flex items-baseline gap-1">
          <MethodBadge method={route.method} className="w-auto! pr-1.5" />
          <code className="break-all">{route.path}</code>
        </span>
      }
      sentence={route.summary}
      footer={
        isEditable ? (
          <Button variant="danger-quiet" icon={Trash2} className="mr-auto" onPress={() => setRemoving(true)}>
            {t('routes.drawer.remove')}
          </Button>
        ) : null
      }
    >
      <Tabs
        label={name}
        value={part}
        onChange={setPart}
        items={[
          { value: 'settings', label: t('nav.settings') },
          { value: 'policies', label: t('api.tab.policies') },
          { value: 'mocks', label: t('routes.drawer.mocks'), count: route.mocks.length },
        ]}
      >
        <ProblemNote problem={update.error} />
        {part === 'settings' ? (
          <div className="flex flex-col gap-5">
            <Switch
              isSelected={route.enabled}
              onChange={(enabled) => update.mutate({ enabled })}
              isDisabled={!isEditable || update.isPending}
              help={t('routes.drawer.enabledHelp')}
            >
              {t('routes.drawer.enabled')}
            </Switch>
            <Switch
              isSelected={route.public}
              onChange={(isPublic) => update.mutate({ public: isPublic })}
              isDisabled={!isEditable || update.isPending}
              help={t('routes.drawer.publicHelp')}
            >
              {t('routes.drawer.public')}
            </Switch>
            <RouteMatch
              route={route}
              place={place}
              upstreams={version?.upstreams.map((upstream) => upstream.name) ?? []}
              isEditable={isEditable}
            />
            <SummaryField
              route={route}
              isDisabled={!isEditable}
              onSave={(summary) => update.mutate({ summary })}
            />
            <KeyValue
              facts={[
                {
                  label: t('routes.drawer.operation'),
                  value: route.operationId ? <code>{route.operationId}</code> : '–',
                },
                {
                  label: t('api.overview.tags'),
                  value:
                    route.tags.length > 0 ? (
                      <span className="flex flex-wrap gap-1">
                        {route.tags.map((tag) => (
                          <Badge key={tag}>{tag}</Badge>
                        ))}
                      </span>
                    ) : (
                      '–'
                    ),
                },
                { label: t('routes.drawer.parametersLabel'), value: String(route.parameterCount) },
              ]}
            />
          </div>
        ) : null}
        {part === 'policies' ? (
          <Suspense fallback={<Skeleton className="h-64 w-full" />}>
            <ChainEditor
              tenant={place.tenant}
              scope="route"
              scopeId={route.id}
              isEditable={isEditable}
              expectsIdentity={!(route.public || version?.public)}
              look="narrow"
              proposed={proposed}
            />
          </Suspense>
        ) : null}
        {part === 'mocks' ? (
          <Mocks
            mocks={examples.value.mocks}
            isChanged={examples.isDirty}
            isEditable={isEditable}
            isSaving={update.isPending}
            onChange={(mocks) => examples.set({ mocks })}
            onSave={() => update.mutate(examples.value)}
          />
        ) : null}
      </Tabs>
      <AlertDialog
        isOpen={isRemoving}
        onClose={() => setRemoving(false)}
        title={t('routes.drawer.removeTitle', { route: name })}
        action={t('routes.drawer.remove')}
        onConfirm={() => remove.mutate()}
        isPending={remove.isPending}
        problem={remove.error}
      >
        {t('routes.drawer.removeDetail')}
      </AlertDialog>
    </Drawer>
  )
}

function SummaryField({
  route,
  isDisabled,
  onSave,
}: {
  route: Route
  isDisabled: boolean
  onSave(summary: string | null): void
}) {
  const { t } = useTranslation('admin')
  const [text, setText] = useState(route.summary ?? '')
  const isChanged = text.trim() !== (route.summary ?? '')
  return (
    <form
      className="flex items-end gap-2"
      onSubmit={(event) => {
        event.preventDefault()
        onSave(text.trim() === '' ? null : text.trim())
      }}
    >
      <TextField
        label={t('routes.drawer.summary')}
        value={text}
        onChange={setText}
        isDisabled={isDisabled}
        maxLength={300}
        className="min-w-0 flex-1"
      />
      {isChanged ? (
        <Button type="submit" variant="primary">
          {t('routes.drawer.save')}
        </Button>
      ) : null}
    </form>
  )
}

interface MocksProps {
  mocks: Route['mocks']
  isChanged: boolean
  isEditable: boolean
  isSaving: boolean
  onChange(mocks: Route['mocks']): void
  onSave(): void
}

function Mocks({ mocks, isChanged, isEditable, isSaving, onChange, onSave }: MocksProps) {
  const { t } = useTranslation('admin')
  const set = (index: number, part: Partial<Route['mocks'][number]>) =>
    onChange(mocks.map((mock, at) => (at === index ? { ...mock, ...part } : mock)))
  return (
    <div className="flex flex-col gap-4">
      <p className="text-muted">
        {mocks.length > 0 ? t('routes.drawer.mocksHelp') : t('routes.drawer.noMocks')}
      </p>
      {mocks.map((mock, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: examples have no id and keep their order
        <div key={index} className="flex flex-col gap-3 rounded-lg border border-line p-3">
          <div className="flex flex-wrap items-end gap-3">
            <NumberField
              label={t('routes.drawer.status')}
              value={mock.status}
              onChange={(status) => set(index, { status: Number.isNaN(status) ? 200 : status })}
              minValue={100}
              maxValue={599}
              formatOptions={{ useGrouping: false }}
              isDisabled={!isEditable}
              className="w-32"
            />
            <TextField
              label={t('routes.drawer.mediaType')}
              value={mock.mediaType ?? ''}
              onChange={(mediaType) => set(index, { mediaType: mediaType === '' ? null : mediaType })}
              isDisabled={!isEditable}
              mono
              className="min-w-48 flex-1"
            />
            {isEditable ? (
              <IconButton
                icon={Trash2}
                label={t('routes.drawer.removeMock')}
                variant="danger-quiet"
                onPress={() => onChange(mocks.filter((_, at) => at !== index))}
              />
            ) : null}
          </div>
          <TextArea
            label={t('routes.drawer.body')}
            value={mock.body}
            onChange={(body) => set(index, { body })}
            isDisabled={!isEditable}
            rows={8}
            mono
          />
        </div>
      ))}
      {isEditable ? (
        <div className="flex items-center gap-2">
          <Button
            icon={Plus}
            onPress={() =>
              onChange([...mocks, { status: 200, mediaType: 'application/json', name: null, body: '{}' }])
            }
          >
            {t('routes.drawer.addMock')}
          </Button>
          {isChanged ? (
            <Button variant="primary" isPending={isSaving} onPress={onSave}>
              {t('routes.drawer.save')}
            </Button>
          ) : null}
        </div>
      ) : null}
    </div>
  )
}
