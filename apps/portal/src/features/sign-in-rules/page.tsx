// The rules for signing in to the platform: who needs a second factor, where admins may come from, and help for who lost their factors.

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

type Rules = Awaited<ReturnType<typeof client.signInRules.get>>

const rulesQuery = () => orpc.signInRules.get.queryOptions({ input: {} })

export function SignInRulesPage() {
  const { t } = useTranslation('platform')
  const query = useQuery(rulesQuery())
  return (
    <PlainFrame>
      <Page width="text">
        <PageHeader title={t('signInRules.title')} sentence={t('signInRules.sentence')} />
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
      client.signInRules.update({ secondFactor, adminNetworks }, { context: { ifMatch: rules.version } }),
    onSuccess: async (saved) => {
      toast({ title: t('signInRules.saved') })
      queryClient.setQueryData(rulesQuery().queryKey, saved)
      await queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey })
    },
  })
  const errors = errorsByPath(save.error)
  const isSame =
    secondFactor === rules.secondFactor && adminNetworks.join('\n') === rules.adminNetworks.join('\n')
  return (
    <>
      <Section title={t('signInRules.secondFactor')} sentence={t('signInRules.secondFactorSentence')}>
        <Card>
          <RadioGroup
            label={t('signInRules.who')}
            value={secondFactor}
            onChange={setSecondFactor}
            options={(['optional', 'platform_admins', 'everyone'] as const).map((value) => ({
              value,
              label: t(`signInRules.rule.${value}`),
              detail: t(`signInRules.ruleHelp.${value}`),
            }))}
          />
        </Card>
      </Section>
      <Section title={t('signInRules.networks')} sentence={t('signInRules.networksSentence')}>
        <Card className="flex flex-col gap-4">
          <TagField
            label={t('signInRules.networksLabel')}
            help={t('signInRules.networksHelp', { address: rules.yourAddress })}
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
        {t('signInRules.save')}
      </Button>
      {rules.mail ? null : <p className="text-sm text-muted">{t('signInRules.noMail')}</p>}
    </>
  )
}

function Reset() {
  const { t } = useTranslation('platform')
  const [email, setEmail] = useState('')
  const [isAsking, setAsking] = useState(false)
  const reset = useMutation({
    mutationFn: () => client.signInRules.resetFactors({ email: email.trim() }),
    onSuccess: ({ removed }) => {
      toast({ title: t('signInRules.resetDone', { count: removed, email: email.trim() }) })
      setAsking(false)
      setEmail('')
    },
  })
  return (
    <Section title={t('signInRules.reset')} sentence={t('signInRules.resetSentence')}>
      <Card>
        <form
          className="flex items-end gap-2 max-sm:flex-col max-sm:items-stretch"
          onSubmit={(event) => {
            event.preventDefault()
            if (email.trim() !== '') setAsking(true)
          }}
        >
          <TextField
            label={t('signInRules.email')}
            type="email"
            value={email}
            onChange={setEmail}
            className="flex-1"
          />
          <Button type="submit" isDisabled={email.trim() === ''}>
            {t('signInRules.resetAction')}
          </Button>
        </form>
      </Card>
      <AlertDialog
        isOpen={isAsking}
        onClose={() => {
          setAsking(false)
          reset.reset()
        }}
        title={t('signInRules.resetTitle', { email: email.trim() })}
        action={t('signInRules.resetAction')}
        isPending={reset.isPending}
        problem={reset.error}
        onConfirm={() => reset.mutate()}
      >
        {t('signInRules.resetDetail')}
      </AlertDialog>
    </Section>
  )
}
