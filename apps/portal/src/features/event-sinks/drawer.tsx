// One event sink: how it is reached, what it is told, and the secret that proves who tells it.

import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { errorsByPath } from '../../forms/field-problems.ts'
import { slugOf } from '../../forms/slug.ts'
import { Button } from '../../ui/button.tsx'
import { Checkbox, RadioGroup, Segmented, Switch } from '../../ui/choice.tsx'
import { Drawer } from '../../ui/dialog.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { Select } from '../../ui/select.tsx'
import { NumberField, TextArea, TextField } from '../../ui/text-field.tsx'
import { toast } from '../../ui/toast.tsx'
import { type Draft, draftOf, emptyDraft, type Sink, takesSecret, useSaveSink } from './queries.ts'

const kinds = ['audit', 'security', 'traffic'] as const
const formats = ['json-lines', 'cloudevents', 'kafka-rest'] as const
const authentications = ['bearer', 'hmac', 'none'] as const

interface Part {
  readonly draft: Draft
  readonly change: (part: Partial<Draft>) => void
  readonly errors: ReadonlyMap<string, string>
}

export function SinkDrawer({ sink, onClose }: { sink: Sink | undefined; onClose(): void }) {
  const { t } = useTranslation('platform')
  const [draft, setDraft] = useState<Draft>(sink ? draftOf(sink) : emptyDraft)
  const change = (part: Partial<Draft>) => setDraft((old) => ({ ...old, ...part }))
  const name = draft.name || slugOf(draft.title)
  const save = useSaveSink(sink)
  const errors = errorsByPath(save.error)
  const isReachable = draft.protocol === 'http' ? draft.url !== '' : draft.host !== ''
  const isComplete = draft.title.trim() !== '' && name !== '' && isReachable && draft.kinds.length > 0
  const submit = () => {
    if (!isComplete || save.isPending) return
    save.mutate(
      { ...draft, name },
      {
        onSuccess: (saved) => {
          toast({ title: sink ? t('sinks.saved') : t('sinks.added', { title: saved.title }) })
          onClose()
        },
      },
    )
  }
  const part = { draft, change, errors }
  return (
    <Drawer
      isOpen
      onClose={onClose}
      isLocked={save.isPending}
      title={sink?.title ?? t('sinks.new')}
      sentence={sink ? undefined : t('sink.newSentence')}
      footer={
        <>
          {/* Beside the button: the field it is about may be far above. */}
          {save.error ? (
            <div className="w-full">
              <ProblemNote problem={save.error} />
            </div>
          ) : null}
          <Button variant="primary" isPending={save.isPending} isDisabled={!isComplete} onPress={submit}>
            {t(sink ? 'sink.save' : 'sink.create')}
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
          label={t('sink.fieldTitle')}
          error={errors.get('/title')}
          value={draft.title}
          onChange={(title) => change({ title })}
          maxLength={60}
          autoFocus={!sink}
        />
        {sink ? null : (
          <TextField
            label={t('sink.name')}
            help={t('sink.nameHelp')}
            error={errors.get('/name')}
            value={name}
            onChange={(typed) => change({ name: typed })}
            mono
          />
        )}
        <Segmented
          className="self-start"
          label={t('sink.protocol')}
          value={draft.protocol}
          onChange={(protocol) => change({ protocol })}
          options={[
            { value: 'syslog', label: t('sink.syslog') },
            { value: 'http', label: t('sink.http') },
          ]}
        />
        {draft.protocol === 'syslog' ? (
          <SyslogFields {...part} />
        ) : (
          <HttpFields {...part} hasSecret={sink?.hasSecret ?? false} />
        )}
        <fieldset className="flex flex-col gap-2">
          <legend className="mb-1.5 text-sm font-medium">{t('sink.kinds')}</legend>
          {kinds.map((kind) => (
            <Checkbox
              key={kind}
              help={t(`sink.kindHelp.${kind}`)}
              isSelected={draft.kinds.includes(kind)}
              onChange={(isWanted) =>
                change({
                  kinds: kinds.filter((one) => (one === kind ? isWanted : draft.kinds.includes(one))),
                })
              }
            >
              {t(`sink.kind.${kind}`)}
            </Checkbox>
          ))}
        </fieldset>
        <Switch
          isSelected={draft.enabled}
          onChange={(enabled) => change({ enabled })}
          help={t('sink.enabledHelp')}
        >
          {t('sink.enabled')}
        </Switch>
        {/* Enter in a field sends the form: it needs a button of its own for that. */}
        <button type="submit" hidden tabIndex={-1} />
      </form>
    </Drawer>
  )
}

function SyslogFields({ draft, change, errors }: Part) {
  const { t } = useTranslation('platform')
  return (
    <>
      <TextField
        label={t('sink.host')}
        error={errors.get('/target/host')}
        placeholder="siem.example.com"
        value={draft.host}
        onChange={(host) => change({ host: host.trim() })}
        mono
      />
      <NumberField
        label={t('sink.port')}
        error={errors.get('/target/port')}
        minValue={1}
        maxValue={65_535}
        formatOptions={{ useGrouping: false }}
        isStepless
        value={draft.port}
        onChange={(port) => change({ port })}
      />
      <Switch isSelected={draft.tls} onChange={(tls) => change({ tls })} help={t('sink.tlsHelp')}>
        {t('sink.tls')}
      </Switch>
      {draft.tls ? (
        <TextArea
          label={t('sink.ca')}
          help={t('sink.caHelp')}
          error={errors.get('/target/ca')}
          placeholder="-----BEGIN CERTIFICATE-----"
          value={draft.ca}
          onChange={(ca) => change({ ca })}
          mono
        />
      ) : null}
      <Switch
        isSelected={draft.confirm}
        onChange={(confirm) => change({ confirm })}
        help={t('sink.confirmHelp')}
      >
        {t('sink.confirm')}
      </Switch>
    </>
  )
}

function HttpFields({ draft, change, errors, hasSecret }: Part & { hasSecret: boolean }) {
  const { t } = useTranslation('platform')
  return (
    <>
      <TextField
        label={t('sink.url')}
        error={errors.get('/target/url')}
        type="url"
        placeholder="https://siem.example.com/events"
        value={draft.url}
        onChange={(url) => change({ url: url.trim() })}
        mono
      />
      <Select
        label={t('sink.format')}
        value={draft.format}
        onChange={(format) => change({ format })}
        options={formats.map((value) => ({ value, label: t(`sink.formats.${value}`) }))}
      />
      <RadioGroup
        label={t('sink.authentication')}
        look="cards"
        value={draft.authentication}
        onChange={(authentication) => change({ authentication })}
        options={authentications.map((value) => ({
          value,
          label: t(`sink.authentications.${value}`),
          detail: t(`sink.authenticationHelp.${value}`),
        }))}
      />
      {takesSecret(draft) ? (
        <TextField
          label={t('sink.secret')}
          help={hasSecret ? t('sink.secretKept') : t('sink.secretHelp')}
          error={errors.get('/secret')}
          type="password"
          autoComplete="new-password"
          value={draft.secret}
          onChange={(secret) => change({ secret })}
          mono
        />
      ) : null}
    </>
  )
}
