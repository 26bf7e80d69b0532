// Where calls go and under which address they come in; both are part of the draft.

import schema from 'virtual:upstream-schema'
import type { ApiVersion } from '@gatewright/shared/model/api'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { CircleCheck, CircleX, PlugZap, Plus, Server, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client } from '../../api/client.ts'
import { useMay } from '../../api/session.ts'
import { DirtyGuard } from '../../forms/dirty-guard.tsx'
import { useEdited } from '../../forms/edited.ts'
import { SchemaForm } from '../../forms/schema-form.tsx'
import type { Json } from '../../forms/schema-model.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Switch } from '../../ui/choice.tsx'
import { useFormat } from '../../ui/format.ts'
import { Card, Section } from '../../ui/page.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { EmptyState, Loaded } from '../../ui/states.tsx'
import { NumberField, TextField } from '../../ui/text-field.tsx'
import { toast } from '../../ui/toast.tsx'
import { useApiPlace } from './place.ts'
import { forgetApis, type VersionPlace, versionQuery } from './queries.ts'

interface Target {
  url: string
  weight: number
}

// The targets have an editor of their own; the rest of the form is made from the schema.
const { targets: _targets, ...settingProperties } = schema.properties as Record<string, unknown>
const settingsSchema = { type: 'object', properties: settingProperties, additionalProperties: false }
const urlShape = /^https?:\/\/[^\s/]+/i

export function UpstreamTab() {
  const { tenant, place } = useApiPlace()
  const may = useMay(tenant)
  const version = useQuery(versionQuery(place))
  return (
    <Loaded query={version}>
      {(loaded) => (
        <div className="grid items-start gap-8 lg:grid-cols-[minmax(0,1fr)_22rem]">
          <UpstreamEditor
            key={`upstream/${loaded.id}`}
            version={loaded}
            place={place}
            isEditable={may('api:write') && loaded.lifecycle !== 'retired'}
          />
          <AddressEditor
            key={`address/${loaded.id}`}
            version={loaded}
            place={place}
            isEditable={may('api:write') && loaded.lifecycle !== 'retired'}
          />
        </div>
      )}
    </Loaded>
  )
}

interface EditorProps {
  version: ApiVersion
  place: VersionPlace
  isEditable: boolean
}

interface Calls {
  targets: Target[]
  settings: Record<string, Json>
}

function stored(version: Pick<ApiVersion, 'upstream'>): Calls {
  if (!version.upstream) return { targets: [], settings: {} }
  const { targets, version: _version, ...settings } = version.upstream
  return { targets: [...targets], settings }
}

function UpstreamEditor({ version, place, isEditable }: EditorProps) {
  const { t } = useTranslation('admin')
  const format = useFormat()
  const queryClient = useQueryClient()
  const edited = useEdited(stored(version), version.version)
  const { isDirty } = edited
  const { targets, settings } = edited.value
  const setTargets = (next: Target[]) => edited.set({ targets: next })
  const [isInvalid, setInvalid] = useState(false)
  const hasBadUrl = targets.some((target) => !urlShape.test(target.url))
  const weights = targets.reduce((sum, target) => sum + target.weight, 0)
  const save = useMutation({
    mutationFn: () =>
      client.upstreams.set({ ...place, ...settings, targets }, { context: { ifMatch: edited.version } }),
    onSuccess: async (saved) => {
      edited.saved(stored({ upstream: saved }))
      toast({ title: t('upstream.saved'), detail: t('pipeline.savedDraftDetail') })
      await forgetApis(queryClient)
    },
  })
  const check = useMutation({ mutationFn: () => client.upstreams.check(place) })
  const results = new Map(check.data?.targets.map((target) => [target.url, target]))
  const set = (index: number, part: Partial<Target>) =>
    setTargets(targets.map((target, at) => (at === index ? { ...target, ...part } : target)))

  if (targets.length === 0 && !isDirty) {
    return (
      <Card>
        <EmptyState
          icon={Server}
          title={t('upstream.none')}
          sentence={t('upstream.noneSentence')}
          action={
            isEditable ? (
              <Button icon={Plus} onPress={() => setTargets([{ url: 'https://', weight: 1 }])}>
                {t('upstream.set')}
              </Button>
            ) : null
          }
        />
      </Card>
    )
  }
  return (
    <Section
      title={t('upstream.targets')}
      sentence={t('upstream.targetsHelp')}
      actions={
        version.upstream ? (
          <Button icon={PlugZap} isPending={check.isPending} onPress={() => check.mutate()}>
            {t('upstream.test')}
          </Button>
        ) : null
      }
    >
      <Card pad={false}>
        <ul className="divide-y divide-line">
          {targets.map((target, index) => {
            const result = results.get(target.url)
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: targets have no id and keep their order while edited
              <li key={index} className="flex flex-col gap-2 px-4 py-3">
                <div className="grid grid-cols-[minmax(0,1fr)_8rem_2rem] items-start gap-3 max-sm:grid-cols-[minmax(0,1fr)_2rem]">
                  <TextField
                    label={t('upstream.url')}
                    labelHidden={index > 0}
                    error={urlShape.test(target.url) ? undefined : t('upstream.urlInvalid')}
                    value={target.url}
                    onChange={(url) => set(index, { url: url.trim() })}
                    isReadOnly={!isEditable}
                    mono
                  />
                  <NumberField
                    label={t('upstream.weight')}
                    labelHidden={index > 0}
                    value={target.weight}
                    onChange={(weight) => set(index, { weight: Number.isNaN(weight) ? 1 : weight })}
                    minValue={0}
                    maxValue={1000}
                    isDisabled={!isEditable}
                    className="max-sm:col-start-1"
                  />
                  {isEditable ? (
                    <IconButton
                      icon={Trash2}
                      variant="danger-quiet"
                      label={t('upstream.removeTarget', { url: target.url })}
                      onPress={() => setTargets(targets.filter((_, at) => at !== index))}
                      className={index === 0 ? 'mt-6.5' : ''}
                    />
                  ) : null}
                </div>
                <div className="flex flex-wrap items-center gap-x-4 text-sm text-muted">
                  {targets.length > 1 && weights > 0 ? (
                    <span>{t('upstream.share', { share: format.percent(target.weight / weights) })}</span>
                  ) : null}
                  {result ? (
                    <span
                      className={`inline-flex items-center gap-1.5 ${result.reachable ? 'text-success' : 'text-danger'}`}
                    >
                      {result.reachable ? (
                        <CircleCheck size={14} aria-hidden />
                      ) : (
                        <CircleX size={14} aria-hidden />
                      )}
                      {result.reachable
                        ? t('upstream.reachable', { duration: format.duration(result.milliseconds) })
                        : t('upstream.unreachable')}
                      {result.detail ? <span className="text-muted">{result.detail}</span> : null}
                    </span>
                  ) : null}
                </div>
              </li>
            )
          })}
        </ul>
        {isEditable ? (
          <div className="border-t border-line px-4 py-2">
            <Button
              size="sm"
              variant="quiet"
              icon={Plus}
              onPress={() => setTargets([...targets, { url: 'https://', weight: 1 }])}
            >
              {t('upstream.addTarget')}
            </Button>
          </div>
        ) : null}
      </Card>
      <ProblemNote problem={check.error} />
      <Card className="p-5!">
        <SchemaForm
          schema={settingsSchema}
          value={settings}
          onChange={(next) => edited.set({ settings: isObject(next) ? next : {} })}
          problem={save.error}
          isReadOnly={!isEditable}
          onInvalid={setInvalid}
        />
      </Card>
      {isEditable && isDirty ? (
        <div className="sticky bottom-0 z-20 flex items-center justify-end gap-2 rounded-lg border border-accent-line bg-raised px-4 py-2.5 shadow-pop">
          {targets.length === 0 ? (
            <span className="mr-auto text-sm text-danger">{t('upstream.oneTarget')}</span>
          ) : null}
          <Button
            onPress={() => {
              edited.discard()
              save.reset()
            }}
          >
            {t('upstream.discard')}
          </Button>
          <Button
            variant="primary"
            isPending={save.isPending}
            isDisabled={hasBadUrl || isInvalid || targets.length === 0}
            onPress={() => save.mutate()}
          >
            {t('upstream.save')}
          </Button>
        </div>
      ) : null}
      <DirtyGuard isDirty={isDirty} />
    </Section>
  )
}

function isObject(value: Json): value is { [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function addressOf({ basePath, hosts, public: isPublic }: Pick<ApiVersion, 'basePath' | 'hosts' | 'public'>) {
  return { basePath, hosts: hosts.join(', '), isPublic }
}

function AddressEditor({ version, place, isEditable }: EditorProps) {
  const { t } = useTranslation('admin')
  const queryClient = useQueryClient()
  const edited = useEdited(addressOf(version), version.version)
  const { basePath, hosts, isPublic } = edited.value
  const named = hosts
    .split(',')
    .map((host) => host.trim().toLowerCase())
    .filter((host) => host !== '')
  const save = useMutation({
    mutationFn: () =>
      client.versions.update(
        { ...place, basePath, hosts: named, public: isPublic },
        { context: { ifMatch: edited.version } },
      ),
    onSuccess: async (saved) => {
      edited.saved(addressOf(saved))
      toast({ title: t('upstream.addressSaved'), detail: t('pipeline.savedDraftDetail') })
      await forgetApis(queryClient)
    },
  })
  return (
    <Section title={t('upstream.address')}>
      <Card className="flex flex-col gap-4">
        <TextField
          label={t('upstream.basePath')}
          value={basePath}
          onChange={(next) => edited.set({ basePath: next })}
          isReadOnly={!isEditable}
          mono
        />
        <TextField
          label={t('upstream.hosts')}
          help={t('upstream.hostsHelp')}
          value={hosts}
          onChange={(next) => edited.set({ hosts: next })}
          isReadOnly={!isEditable}
          mono
        />
        <Switch
          isSelected={isPublic}
          onChange={(next) => edited.set({ isPublic: next })}
          isDisabled={!isEditable}
          help={t('upstream.publicHelp')}
        >
          {t('upstream.public')}
        </Switch>
        <ProblemNote problem={save.error} />
        {edited.isDirty ? (
          <div className="flex justify-end gap-2">
            <Button
              onPress={() => {
                edited.discard()
                save.reset()
              }}
            >
              {t('upstream.discard')}
            </Button>
            <Button variant="primary" isPending={save.isPending} onPress={() => save.mutate()}>
              {t('upstream.save')}
            </Button>
          </div>
        ) : null}
      </Card>
      <DirtyGuard isDirty={edited.isDirty} />
    </Section>
  )
}
