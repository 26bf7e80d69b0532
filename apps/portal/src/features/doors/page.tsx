// The doors of the platform: who needs a second factor, where admins may come from, and help for who lost their factors.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, orpc } from '../../api/client.ts'
import { sessionQuery } from '../../api/session.ts'
import { errorsByPath } from '../../forms/field-problems.ts'
import { PlainFrame } from '../../shells/plain-frame.tsx'
import { AlertDialog } from '../../ui/alert-dialog.tsx'
import { Button } from '../../ui/button.tsx'
import { RadioGroup } from '../../ui/choice.tsx'
import { Card, Page, PageHeader, Section } from '../../ui/page.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { Loaded } from '../../ui/states.tsx'
import { TagField } from '../../ui/tag-field.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { toast } from '../../ui/toast.tsx'

type Rules = Awaited<ReturnType<typeof client.doors.get>>

const rulesQuery = () => orpc.doors.get.queryOptions({ input: {} })

export function DoorsPage() {
  const { t } = useTranslation('platform')
  const query = useQuery(rulesQuery())
  return (
    <PlainFrame>
      <Page width="text">
        <PageHeader title={t('doors.title')} sentence={t('doors.sentence')} />
        <Loaded query={query}>{(rules) => <RulesForm key={rules.version} rules={rules} />}</Loaded>
        <Reset />
      </Page>
    </PlainFrame>
  )
}

function RulesForm({ rules }: { rules: Rules }) {
  const { t } = useTranslation('platform')
  const queryClient = useQueryClient()
  const [secondFactor, setSecondFactor] = useState(rules.secondFactor)
  const [adminNetworks, setAdminNetworks] = useState(rules.adminNetworks)
  const save = useMutation({
    mutationFn: () =>
      client.doors.update({ secondFactor, adminNetworks }, { context: { ifMatch: rules.version } }),
    onSuccess: async (saved) => {
      toast({ title: t('doors.saved') })
      queryClient.setQueryData(rulesQuery().queryKey, saved)
      await queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey })
    },
  })
  const errors = errorsByPath(save.error)
  const isSame =
    secondFactor === rules.secondFactor && adminNetworks.join('\n') === rules.adminNetworks.join('\n')
  return (
    <>
      <Section title={t('doors.secondFactor')} sentence={t('doors.secondFactorSentence')}>
        <Card>
          <RadioGroup
            label={t('doors.who')}
            value={secondFactor}
            onChange={setSecondFactor}
            options={(['optional', 'platform_admins', 'everyone'] as const).map((value) => ({
              value,
              label: t(`doors.rule.${value}`),
              detail: t(`doors.ruleHelp.${value}`),
            }))}
          />
        </Card>
      </Section>
      <Section title={t('doors.networks')} sentence={t('doors.networksSentence')}>
        <Card className="flex flex-col gap-4">
          <TagField
            label={t('doors.networksLabel')}
            help={t('doors.networksHelp', { address: rules.yourAddress })}
            placeholder="10.0.0.0/8"
            values={adminNetworks}
            onChange={setAdminNetworks}
            error={errors.get('/adminNetworks')}
          />
        </Card>
      </Section>
      <ProblemNote problem={save.error} />
      <Button
        variant="primary"
        className="self-start"
        isPending={save.isPending}
        isDisabled={isSame}
        onPress={() => save.mutate()}
      >
        {t('doors.save')}
      </Button>
      {rules.mail ? null : <p className="text-sm text-muted">{t('doors.noMail')}</p>}
    </>
  )
}

function Reset() {
  const { t } = useTranslation('platform')
  const [email, setEmail] = useState('')
  const [isAsking, setAsking] = useState(false)
  const reset = useMutation({
    mutationFn: () => client.doors.resetFactors({ email: email.trim() }),
    onSuccess: ({ removed }) => {
      toast({ title: t('doors.resetDone', { count: removed, email: email.trim() }) })
      setAsking(false)
      setEmail('')
    },
  })
  return (
    <Section title={t('doors.reset')} sentence={t('doors.resetSentence')}>
      <Card>
        <form
          className="flex items-end gap-2 max-sm:flex-col max-sm:items-stretch"
          onSubmit={(event) => {
            event.preventDefault()
            if (email.trim() !== '') setAsking(true)
          }}
        >
          <TextField
            label={t('doors.email')}
            type="email"
            value={email}
            onChange={setEmail}
            className="flex-1"
          />
          <Button type="submit" isDisabled={email.trim() === ''}>
            {t('doors.resetAction')}
          </Button>
        </form>
      </Card>
      <AlertDialog
        isOpen={isAsking}
        onClose={() => {
          setAsking(false)
          reset.reset()
        }}
        title={t('doors.resetTitle', { email: email.trim() })}
        action={t('doors.resetAction')}
        isPending={reset.isPending}
        problem={reset.error}
        onConfirm={() => reset.mutate()}
      >
        {t('doors.resetDetail')}
      </AlertDialog>
    </Section>
  )
}
