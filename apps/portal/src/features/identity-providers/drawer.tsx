// One identity provider: what it is told about us, what we are told about it, and who may come in through it.

import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { errorsByPath } from '../../forms/field-problems.ts'
import { slugOf } from '../../forms/slug.ts'
import { Button } from '../../ui/button.tsx'
import { RadioGroup, Switch } from '../../ui/choice.tsx'
import { CopyField } from '../../ui/copy.tsx'
import { Drawer } from '../../ui/dialog.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { TagField } from '../../ui/tag-field.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { toast } from '../../ui/toast.tsx'
import { Mappings } from './mappings.tsx'
import { type Draft, draftOf, emptyDraft, type Provider, useSaveProvider } from './queries.ts'

const admissions = ['invited', 'mapped', 'anyone'] as const

export function ProviderDrawer({ provider, onClose }: { provider: Provider | undefined; onClose(): void }) {
  const { t } = useTranslation('platform')
  const [draft, setDraft] = useState<Draft>(provider ? draftOf(provider) : emptyDraft)
  const change = (part: Partial<Draft>) => setDraft((old) => ({ ...old, ...part }))
  const name = draft.name || slugOf(draft.title)
  const save = useSaveProvider(provider)
  const errors = errorsByPath(save.error)
  const isComplete = draft.title.trim() !== '' && name !== '' && draft.issuer !== '' && draft.clientId !== ''
  const submit = () => {
    if (!isComplete || save.isPending) return
    save.mutate(
      { ...draft, name },
      {
        onSuccess: (saved) => {
          toast({ title: provider ? t('providers.saved') : t('providers.added', { title: saved.title }) })
          onClose()
        },
      },
    )
  }
  return (
    <Drawer
      isOpen
      onClose={onClose}
      isLocked={save.isPending}
      title={provider?.title ?? t('providers.new')}
      sentence={provider ? undefined : t('provider.newSentence')}
      footer={
        <>
          {/* Beside the button: the field it is about may be far above. */}
          {save.error ? (
            <div className="w-full">
              <ProblemNote problem={save.error} />
            </div>
          ) : null}
          <Button variant="primary" isPending={save.isPending} isDisabled={!isComplete} onPress={submit}>
            {t(provider ? 'provider.save' : 'provider.create')}
          </Button>
        </>
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
          label={t('provider.fieldTitle')}
          help={t('provider.titleHelp', { title: draft.title || t('provider.yourTitle') })}
          error={errors.get('/title')}
          value={draft.title}
          onChange={(title) => change({ title })}
          maxLength={60}
          autoFocus={!provider}
        />
        {provider ? null : (
          <TextField
            label={t('provider.name')}
            help={t('provider.nameHelp')}
            error={errors.get('/name')}
            value={name}
            onChange={(typed) => change({ name: typed })}
            mono
          />
        )}
        <div className="flex flex-col gap-1.5">
          <span className="text-sm font-medium">{t('provider.redirectUri')}</span>
          <CopyField
            label={t('provider.redirectUri')}
            value={
              provider?.redirectUri ?? `${location.origin}/api/v1/sign-in/providers/${name || '…'}/callback`
            }
          />
          <p className="text-sm text-muted">{t('provider.redirectUriHelp')}</p>
        </div>
        <TextField
          label={t('provider.issuer')}
          help={t('provider.issuerHelp')}
          error={errors.get('/issuer')}
          type="url"
          placeholder="https://login.example.com"
          value={draft.issuer}
          onChange={(issuer) => change({ issuer: issuer.trim() })}
          mono
        />
        <TextField
          label={t('provider.clientId')}
          error={errors.get('/clientId')}
          value={draft.clientId}
          onChange={(clientId) => change({ clientId })}
          autoComplete="off"
          mono
        />
        <TextField
          label={t('provider.clientSecret')}
          help={provider?.hasSecret ? t('provider.secretKept') : t('provider.secretHelp')}
          error={errors.get('/clientSecret')}
          type="password"
          autoComplete="new-password"
          value={draft.clientSecret}
          onChange={(clientSecret) => change({ clientSecret })}
          mono
        />
        <TagField
          label={t('provider.scopes')}
          help={t('provider.scopesHelp')}
          error={errorUnder(errors, '/scopes')}
          values={draft.scopes}
          onChange={(scopes) => change({ scopes })}
        />
        <TagField
          label={t('provider.domains')}
          help={t('provider.domainsHelp')}
          error={errorUnder(errors, '/emailDomains')}
          placeholder={t('provider.domainsPlaceholder')}
          values={draft.emailDomains}
          onChange={(emailDomains) => change({ emailDomains })}
        />
        <RadioGroup
          label={t('provider.admission')}
          look="cards"
          value={draft.admission}
          onChange={(admission) => change({ admission })}
          options={admissions.map((value) => ({
            value,
            label: t(`provider.admissions.${value}`),
            detail: t(`provider.admissionHelp.${value}`),
          }))}
        />
        <Mappings draft={draft} onChange={change} errors={errors} />
        <Switch isSelected={draft.enabled} onChange={(enabled) => change({ enabled })}>
          {t('provider.enabled')}
        </Switch>
        {/* Enter in a field sends the form: it needs a button of its own for that. */}
        <button type="submit" hidden tabIndex={-1} />
      </form>
    </Drawer>
  )
}

/** The first error at a path or below it: one tag of several is wrong. */
function errorUnder(errors: ReadonlyMap<string, string>, path: string): string | undefined {
  return [...errors].find(([pointer]) => pointer === path || pointer.startsWith(`${path}/`))?.[1]
}
