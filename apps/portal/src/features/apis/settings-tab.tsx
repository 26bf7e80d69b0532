// Under which address a version comes in, and how it is told apart from its siblings there; part of the draft.

import { selector as selectorSchema } from 'virtual:model-schemas'
import type { ApiVersion } from '@gatewright/shared/model/api'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { client } from '../../api/client.ts'
import { useMay } from '../../api/session.ts'
import { DirtyGuard } from '../../forms/dirty-guard.tsx'
import { useEdited } from '../../forms/edited.ts'
import { errorsByPath } from '../../forms/field-problems.ts'
import { SaveBar } from '../../forms/save-bar.tsx'
import { SchemaField } from '../../forms/schema-field.tsx'
import { type Json, readSchema } from '../../forms/schema-model.ts'
import { isStale } from '../../forms/stale-dialog.tsx'
import { Switch } from '../../ui/choice.tsx'
import { Card, Section } from '../../ui/page.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { Loaded } from '../../ui/states.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { toast } from '../../ui/toast.tsx'
import { DraftConflict } from './draft-conflict.tsx'
import { useApiPlace } from './place.ts'
import { apiQuery, forgetApis, type VersionPlace, versionQuery } from './queries.ts'

const selectorNode = readSchema(selectorSchema)

export function SettingsTab() {
  const { place } = useApiPlace()
  const version = useQuery(versionQuery(place))
  return (
    <Loaded query={version}>
      {(loaded) => <AddressEditor key={loaded.id} version={loaded} place={place} />}
    </Loaded>
  )
}

function addressOf({ basePath, hosts, public: isPublic, selector }: ApiVersion) {
  return { basePath, hosts: hosts.join(', '), isPublic, selector: selector as Json }
}

function AddressEditor({ version, place }: { version: ApiVersion; place: VersionPlace }) {
  const { t } = useTranslation('admin')
  const may = useMay(place.tenant)
  const queryClient = useQueryClient()
  const api = useQuery(apiQuery(place.tenant, place.api)).data
  const isEditable = may('api:write') && version.lifecycle !== 'retired'
  const edited = useEdited(addressOf(version), version.version)
  const { basePath, hosts, isPublic, selector } = edited.value
  const named = hosts
    .split(',')
    .map((host) => host.trim().toLowerCase())
    .filter((host) => host !== '')
  const siblings = (api?.versions ?? []).filter(
    (other) => other.name !== version.name && other.basePath === basePath && other.lifecycle !== 'retired',
  )
  const save = useMutation({
    mutationFn: (ifMatch: number) =>
      client.versions.update(
        { ...place, basePath, hosts: named, public: isPublic, selector: selector as ApiVersion['selector'] },
        { context: { ifMatch } },
      ),
    onSuccess: async (saved) => {
      edited.saved(addressOf(saved))
      toast({ title: t('versionSettings.saved'), detail: t('pipeline.savedDraftDetail') })
      await forgetApis(queryClient)
    },
  })
  const errors = errorsByPath(save.error)
  return (
    <div className="flex max-w-3xl flex-col gap-8">
      <Section title={t('versionSettings.address')} sentence={t('versionSettings.addressSentence')}>
        <Card className="flex flex-col gap-4 p-5!">
          <TextField
            label={t('versionSettings.basePath')}
            error={errors.get('/basePath')}
            value={basePath}
            onChange={(next) => edited.set({ basePath: next })}
            isReadOnly={!isEditable}
            mono
          />
          <TextField
            label={t('versionSettings.hosts')}
            help={t('versionSettings.hostsHelp')}
            error={errors.get('/hosts')}
            value={hosts}
            onChange={(next) => edited.set({ hosts: next })}
            isReadOnly={!isEditable}
            mono
          />
          <Switch
            isSelected={isPublic}
            onChange={(next) => edited.set({ isPublic: next })}
            isDisabled={!isEditable}
            help={t('versionSettings.publicHelp')}
          >
            {t('versionSettings.public')}
          </Switch>
        </Card>
      </Section>
      <Section title={t('versionSettings.apart')} sentence={t('versionSettings.apartSentence')}>
        <Card className="flex flex-col gap-4 p-5!">
          <SchemaField
            node={{ ...selectorNode, title: t('versionSettings.selector') }}
            value={selector}
            onChange={(next) => edited.set({ selector: next ?? null })}
            path={['selector']}
            errors={errors}
            isReadOnly={!isEditable}
          />
          <p className="text-sm text-muted">
            {siblings.length > 0
              ? t('versionSettings.siblings', {
                  count: siblings.length,
                  names: siblings.map(({ name }) => name).join(', '),
                  path: basePath,
                })
              : t('versionSettings.noSibling', { path: basePath })}
          </p>
        </Card>
      </Section>
      <ProblemNote problem={isStale(save.error) ? null : save.error} />
      {isEditable && edited.isDirty ? (
        <SaveBar
          discard={t('upstreams.discard')}
          save={t('save')}
          isPending={save.isPending}
          onDiscard={() => {
            edited.discard()
            save.reset()
          }}
          onSave={() => save.mutate(edited.version)}
        >
          <span className="text-sm text-muted">{t('upstreams.draftHint')}</span>
        </SaveBar>
      ) : null}
      <DraftConflict save={save} discard={edited.discard} version={version.version} />
      <DirtyGuard isDirty={edited.isDirty} />
    </div>
  )
}
