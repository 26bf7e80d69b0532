// What an imported document becomes: everything is filled in, protected and offered with a plan; Publish is one press.

import type { Environment } from '@gatewright/shared/model/environment'
import { KeyRound, TriangleAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { client } from '../../api/client.ts'
import { Button } from '../../ui/button.tsx'
import { Checkbox, RadioGroup } from '../../ui/choice.tsx'
import { Link } from '../../ui/link.tsx'
import { LiveWaiting } from '../../ui/live-note.tsx'
import { Card } from '../../ui/page.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { Select } from '../../ui/select.tsx'
import { More } from '../../ui/states.tsx'
import { TextField } from '../../ui/text-field.tsx'

export type Preview = Awaited<ReturnType<typeof client.imports.preview>>

export interface ImportDraft {
  title: string
  name: string
  version: string
  basePath: string
  /** Empty = the gateway answers with the document's examples. */
  upstreamUrl: string
  isPublic: boolean
  hasPlan: boolean
  visibility: 'public' | 'members'
  environment: string
}

export function draftOf(preview: Preview, environment: string): ImportDraft {
  const free = (field: 'name' | 'basePath') =>
    preview.conflicts.find((conflict) => conflict.field === field)?.suggestion
  return {
    title: preview.title,
    name: free('name') ?? preview.suggestion.name,
    version: preview.suggestion.version,
    basePath: free('basePath') ?? preview.suggestion.basePath,
    upstreamUrl: preview.suggestion.upstreamUrls[0] ?? '',
    isPublic: false,
    hasPlan: true,
    visibility: 'public',
    environment,
  }
}

interface ImportFormProps {
  draft: ImportDraft
  preview: Preview
  environments: readonly Environment[]
  onChange(draft: ImportDraft): void
  onPublish(): void
  onSaveDraft(): void
  isPublishing: boolean
  isSaving: boolean
  problem: unknown
  /** Set when the draft was saved but could not be published. */
  draftPlace: { api: string } | undefined
  tenant: string
  env: string
}

const nameShape = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const pathShape = /^\/(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]*(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*)?$/
const urlShape = /^https?:\/\/[^\s/]+/i

export function ImportForm(props: ImportFormProps) {
  const { draft, preview, environments, onChange, draftPlace } = props
  const { t } = useTranslation('admin')
  const set = (part: Partial<ImportDraft>) => onChange({ ...draft, ...part })
  const conflict = (field: 'name' | 'basePath') =>
    preview.conflicts.find((candidate) => candidate.field === field)
  const nameError = nameShape.test(draft.name) ? undefined : t('import.form.nameInvalid')
  const pathError = pathShape.test(draft.basePath) ? undefined : t('import.form.basePathInvalid')
  const versionError = nameShape.test(draft.version) ? undefined : t('import.form.nameInvalid')
  const urlError =
    draft.upstreamUrl === '' || urlShape.test(draft.upstreamUrl)
      ? undefined
      : t('import.form.upstreamInvalid')
  const isWhole = !nameError && !pathError && !versionError && !urlError && draft.title.trim() !== ''
  const environment = environments.find((candidate) => candidate.name === draft.environment)

  return (
    <Card
      pad={false}
      className="flex flex-col lg:sticky lg:top-[calc(var(--sticky-top,0px)+1.5rem)] lg:max-h-[max(26rem,calc(100dvh-14.5rem))]"
    >
      <div className="flex min-h-0 flex-col gap-4 overflow-y-auto p-5">
        <h2 className="text-md font-semibold">{t('import.form.legend')}</h2>
        <TextField label={t('import.form.title')} value={draft.title} onChange={(title) => set({ title })} />
        <div className="flex flex-col gap-1">
          <TextField
            label={t('import.form.basePath')}
            help={t('import.form.basePathHelp')}
            error={pathError}
            value={draft.basePath}
            onChange={(basePath) => set({ basePath })}
            mono
          />
          <Taken
            conflict={conflict('basePath')}
            isTaken={draft.basePath === preview.suggestion.basePath}
            onTake={(basePath) => set({ basePath })}
          />
        </div>
        <TextField
          label={t('import.form.upstream')}
          help={draft.upstreamUrl === '' ? t('import.form.upstreamNone') : t('import.form.upstreamHelp')}
          error={urlError}
          placeholder="https://"
          value={draft.upstreamUrl}
          onChange={(upstreamUrl) => set({ upstreamUrl: upstreamUrl.trim() })}
          mono
        />
        <RadioGroup
          label={t('import.form.access')}
          look="cards"
          value={draft.isPublic ? 'public' : 'key'}
          onChange={(value) => set({ isPublic: value === 'public' })}
          options={[
            {
              value: 'key',
              label: (
                <span className="flex items-center gap-1.5">
                  <KeyRound size={14} aria-hidden />
                  {t('import.form.key')}
                </span>
              ),
              detail: t('import.form.keyDetail'),
            },
            { value: 'public', label: t('import.form.public'), detail: t('import.form.publicDetail') },
          ]}
        />
        {draft.isPublic ? null : (
          <Checkbox
            isSelected={draft.hasPlan}
            onChange={(hasPlan) => set({ hasPlan })}
            help={t('import.form.planDetail', { rate: 60 })}
          >
            {t('import.form.plan')}
          </Checkbox>
        )}
        <More summary={t('import.form.more')}>
          <div className="flex flex-col gap-4">
            <div className="flex flex-col gap-1">
              <TextField
                label={t('import.form.name')}
                help={t('import.form.nameHelp')}
                error={nameError}
                value={draft.name}
                onChange={(name) => set({ name })}
                mono
              />
              <Taken
                conflict={conflict('name')}
                isTaken={draft.name === preview.suggestion.name}
                onTake={(name) => set({ name })}
              />
            </div>
            <TextField
              label={t('import.form.version')}
              error={versionError}
              value={draft.version}
              onChange={(version) => set({ version })}
              mono
            />
            <Select
              label={t('import.form.visibility')}
              value={draft.visibility}
              onChange={(visibility) => set({ visibility })}
              options={[
                { value: 'public', label: t('import.form.visibilityPublic') },
                { value: 'members', label: t('import.form.visibilityMembers') },
              ]}
            />
          </div>
        </More>
      </div>
      <div className="flex flex-col gap-3 border-t border-line p-5 max-lg:sticky max-lg:bottom-0 max-lg:rounded-b-lg max-lg:bg-surface">
        {environments.length > 1 ? (
          <Select
            label={t('import.form.environment')}
            value={draft.environment}
            onChange={(name) => set({ environment: name })}
            options={environments.map((candidate) => ({
              value: candidate.name,
              label: candidate.title,
              ...(candidate.production ? { detail: t('production') } : {}),
            }))}
          />
        ) : null}
        {environment?.production ? (
          <p className="flex items-center gap-2 text-sm text-danger">
            <TriangleAlert size={14} aria-hidden />
            {t('import.form.production')}
          </p>
        ) : null}
        {draftPlace ? (
          <p className="text-sm text-warning">
            {t('import.form.savedDraft')}{' '}
            <Link
              to="/admin/t/$tenant/$env/apis/$api"
              params={{ tenant: props.tenant, env: props.env, api: draftPlace.api }}
            >
              {draft.title}
            </Link>
          </p>
        ) : null}
        <ProblemNote problem={props.problem} />
        {props.isPublishing ? <LiveWaiting /> : null}
        <div className="flex flex-row-reverse gap-2">
          <Button
            variant="primary"
            size="lg"
            className="flex-1"
            isPending={props.isPublishing}
            isDisabled={!isWhole || props.isSaving || draftPlace !== undefined}
            onPress={props.onPublish}
          >
            {t('import.form.publish')}
          </Button>
          <Button
            size="lg"
            isPending={props.isSaving}
            isDisabled={!isWhole || props.isPublishing || draftPlace !== undefined}
            onPress={props.onSaveDraft}
          >
            {t('import.form.draft')}
          </Button>
        </div>
      </div>
    </Card>
  )
}

/** A name or path of the document that another API already has, with the free one beside it. */
function Taken({
  conflict,
  isTaken,
  onTake,
}: {
  conflict: Preview['conflicts'][number] | undefined
  isTaken: boolean
  onTake(suggestion: string): void
}) {
  const { t } = useTranslation('admin')
  if (!conflict) return null
  return (
    <p className={`text-sm ${isTaken ? 'text-danger' : 'text-warning'}`}>
      {conflict.message}{' '}
      {isTaken ? (
        <Button size="sm" variant="quiet" onPress={() => onTake(conflict.suggestion)}>
          {t('import.form.taken', { suggestion: conflict.suggestion })}
        </Button>
      ) : null}
    </p>
  )
}
