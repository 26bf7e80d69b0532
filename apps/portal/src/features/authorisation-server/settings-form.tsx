// Switch, addresses, lives and scopes of the authorisation server: one form, saved as one.

import { useQuery } from '@tanstack/react-query'
import { Plus, Trash2 } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { orpc } from '../../api/client.ts'
import { useMay } from '../../api/session.ts'
import { useEdited } from '../../forms/edited.ts'
import { errorsByPath } from '../../forms/field-problems.ts'
import { FormEnd } from '../../forms/form-end.tsx'
import { Button, IconButton } from '../../ui/button.tsx'
import { RadioGroup, Switch } from '../../ui/choice.tsx'
import { CopyField } from '../../ui/copy.tsx'
import { Card, Section } from '../../ui/page.tsx'
import { Select } from '../../ui/select.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { toast } from '../../ui/toast.tsx'
import { type Server, type Settings, useSaveServer } from './queries.ts'

const settingsOf = ({
  enabled,
  tokenFormat,
  accessTokenSeconds,
  refreshTokenDays,
  scopes,
}: Settings): Settings => ({ enabled, tokenFormat, accessTokenSeconds, refreshTokenDays, scopes })

/** Digits, or 0, which the server refuses with what is allowed. */
const numberOf = (text: string) => Number(text.replace(/\D/g, '').slice(0, 9))

export function SettingsForm({ tenant, server }: { tenant: string; server: Server }) {
  const { t } = useTranslation('admin')
  const isEditable = useMay(tenant)('tenant:write')
  const edited = useEdited(settingsOf(server), server.version)
  const save = useSaveServer(tenant, edited.version)
  const errors = errorsByPath(save.error)
  const { enabled, tokenFormat, accessTokenSeconds, refreshTokenDays } = edited.value
  return (
    <form
      className="flex flex-col gap-6"
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate(edited.value, {
          onSuccess: (saved) => {
            edited.saved(settingsOf(saved))
            toast({ title: t('authorisation.saved') })
          },
        })
      }}
    >
      <Card className="flex max-w-3xl flex-col gap-5 p-5!">
        <Switch
          isSelected={enabled}
          onChange={(next) => edited.set({ enabled: next })}
          isDisabled={!isEditable}
          help={t('authorisation.enabledHelp')}
        >
          {t('authorisation.enabled')}
        </Switch>
        <div className="grid gap-4 sm:grid-cols-2">
          <Shown label={t('authorisation.issuer')} value={server.issuer} />
          <Shown label={t('authorisation.audience')} value={server.audience} />
        </div>
        <RadioGroup
          label={t('authorisation.format')}
          value={tokenFormat}
          onChange={(next) => edited.set({ tokenFormat: next })}
          isDisabled={!isEditable}
          options={(['jwt', 'opaque'] as const).map((value) => ({
            value,
            label: t(`authorisation.formats.${value}`),
            detail: t(`authorisation.formatHelp.${value}`),
          }))}
        />
        <div className="grid gap-4 sm:grid-cols-2">
          <TextField
            label={t('authorisation.accessLife')}
            suffix={t('authorisation.seconds')}
            inputMode="numeric"
            value={String(accessTokenSeconds)}
            onChange={(text) => edited.set({ accessTokenSeconds: numberOf(text) })}
            isReadOnly={!isEditable}
            error={errors.get('/accessTokenSeconds')}
          />
          <TextField
            label={t('authorisation.refreshLife')}
            help={t('authorisation.refreshLifeHelp')}
            suffix={t('authorisation.days')}
            inputMode="numeric"
            value={String(refreshTokenDays)}
            onChange={(text) => edited.set({ refreshTokenDays: numberOf(text) })}
            isReadOnly={!isEditable}
            error={errors.get('/refreshTokenDays')}
          />
        </div>
      </Card>
      <Scopes
        tenant={tenant}
        scopes={edited.value.scopes}
        onChange={(scopes) => edited.set({ scopes })}
        errors={errors}
        isEditable={isEditable}
      />
      <FormEnd
        edited={edited}
        saving={save}
        isEditable={isEditable}
        save={t('settings.save')}
        discard={t('settings.discard')}
      />
    </form>
  )
}

function Shown({ label, value }: { label: string; value: string }) {
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <span className="text-sm font-medium">{label}</span>
      <CopyField value={value} label={label} />
    </div>
  )
}

function Scopes({
  tenant,
  scopes,
  onChange,
  errors,
  isEditable,
}: {
  tenant: string
  scopes: Settings['scopes']
  onChange(scopes: Settings['scopes']): void
  errors: ReadonlyMap<string, string>
  isEditable: boolean
}) {
  const { t } = useTranslation('admin')
  const products = useQuery(orpc.products.list.queryOptions({ input: { tenant } })).data?.data ?? []
  const set = (index: number, part: Partial<Settings['scopes'][number]>) =>
    onChange(scopes.map((scope, i) => (i === index ? { ...scope, ...part } : scope)))
  return (
    <Section
      title={t('authorisation.scopes')}
      sentence={t('authorisation.scopesSentence')}
      actions={
        isEditable ? (
          <Button icon={Plus} onPress={() => onChange([...scopes, { name: '', title: '', product: null }])}>
            {t('authorisation.addScope')}
          </Button>
        ) : null
      }
    >
      {scopes.length === 0 ? (
        <p className="text-muted">{t('authorisation.noScopes')}</p>
      ) : (
        <ul className="flex flex-col gap-3">
          {scopes.map((scope, index) => (
            <li
              // biome-ignore lint/suspicious/noArrayIndexKey: rows have no name of their own while they are written
              key={index}
              className="grid items-start gap-3 rounded-lg border border-line bg-surface p-4 sm:grid-cols-[1fr_1.5fr_1fr_auto]"
            >
              <TextField
                label={t('authorisation.scope')}
                placeholder="books:read"
                value={scope.name}
                onChange={(name) => set(index, { name: name.trim() })}
                isReadOnly={!isEditable}
                error={errors.get(`/scopes/${index}/name`)}
                mono
              />
              <TextField
                label={t('authorisation.scopeTitle')}
                value={scope.title}
                onChange={(title) => set(index, { title })}
                isReadOnly={!isEditable}
                error={errors.get(`/scopes/${index}/title`)}
              />
              <Select
                label={t('authorisation.product')}
                value={scope.product ?? ''}
                onChange={(product) => set(index, { product: product === '' ? null : product })}
                isDisabled={!isEditable}
                options={[
                  { value: '', label: t('authorisation.everyApplication') },
                  ...products.map(({ name, title }) => ({ value: name, label: title })),
                ]}
              />
              {isEditable ? (
                <IconButton
                  icon={Trash2}
                  label={t('authorisation.removeScope', { scope: scope.name })}
                  className="sm:mt-6"
                  onPress={() => onChange(scopes.filter((_, i) => i !== index))}
                />
              ) : null}
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}
