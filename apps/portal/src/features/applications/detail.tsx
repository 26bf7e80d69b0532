// One application: its keys, its subscriptions, its settings.

import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ErrorPage } from '../../shells/error-pages.tsx'
import { AlertDialog } from '../../ui/alert-dialog.tsx'
import { Button } from '../../ui/button.tsx'
import { Link, LinkButton } from '../../ui/link.tsx'
import { Card, Page, PageHeader, Section } from '../../ui/page.tsx'
import { PageLoading } from '../../ui/states.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { toast } from '../../ui/toast.tsx'
import { ClientCertificates } from './client-certificates.tsx'
import { ApplicationDialog } from './form.tsx'
import { Keys } from './keys.tsx'
import { OauthClients } from './oauth-clients.tsx'
import { type Application, applicationQuery, useDeleteApplication, useUpdateApplication } from './queries.ts'
import { SigningKeys } from './signing-keys.tsx'
import { Subscriptions } from './subscriptions.tsx'

const route = getRouteApi('/p/$tenant/applications/$application')

export function ApplicationPage() {
  const { tenant, application: name } = route.useParams()
  const query = useQuery(applicationQuery(tenant, name))
  if (query.data) return <Loaded tenant={tenant} application={query.data} />
  if (query.error) return <ErrorPage error={query.error} reset={() => void query.refetch()} />
  return <PageLoading onRetry={() => void query.refetch()} />
}

function Loaded({ tenant, application }: { tenant: string; application: Application }) {
  const { t } = useTranslation('developer')
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const tab = search.tab ?? 'keys'
  return (
    <Page>
      <PageHeader
        crumbs={[
          <Link key="applications" to="/p/$tenant/applications" params={{ tenant }}>
            {t('applications.title')}
          </Link>,
        ]}
        title={application.title}
        sentence={application.description || t('applications.noDescription')}
        actions={
          <LinkButton to="/p/$tenant/usage" params={{ tenant }} search={{ application: application.name }}>
            {t('applications.seeUsage')}
          </LinkButton>
        }
      />
      <Tabs
        label={application.title}
        value={tab}
        onChange={(next) => void navigate({ search: { tab: next }, replace: true })}
        items={[
          { value: 'keys', label: t('applications.keys'), count: application.credentialCount },
          {
            value: 'subscriptions',
            label: t('applications.subscriptions'),
            count: application.subscriptionCount,
          },
          { value: 'settings', label: t('applications.settings') },
        ]}
      >
        {tab === 'keys' ? (
          <div className="flex flex-col gap-10">
            <Keys tenant={tenant} application={application.id} />
            <OauthClients tenant={tenant} application={application.id} />
            <ClientCertificates tenant={tenant} application={application.id} />
            <SigningKeys tenant={tenant} application={application.id} />
          </div>
        ) : tab === 'subscriptions' ? (
          <Subscriptions tenant={tenant} application={application.id} />
        ) : (
          <Settings tenant={tenant} application={application} />
        )}
      </Tabs>
    </Page>
  )
}

function Settings({ tenant, application }: { tenant: string; application: Application }) {
  const { t } = useTranslation('developer')
  const navigate = route.useNavigate()
  const [open, setOpen] = useState<'edit' | 'delete'>()
  const update = useUpdateApplication(tenant, application)
  const remove = useDeleteApplication(tenant, application)
  const close = () => {
    update.reset()
    remove.reset()
    setOpen(undefined)
  }
  return (
    <div className="flex max-w-3xl flex-col gap-8">
      <Section title={t('applications.details')}>
        <Card className="flex flex-wrap items-center justify-between gap-x-4 gap-y-3">
          <div className="flex min-w-0 flex-col">
            <span className="font-medium">{application.title}</span>
            <code className="text-sm break-all text-muted">{application.id}</code>
          </div>
          <Button onPress={() => setOpen('edit')}>{t('applications.edit')}</Button>
        </Card>
      </Section>
      <Section title={t('applications.dangerZone')}>
        <Card className="flex flex-wrap items-center justify-between gap-4">
          <p className="max-w-[52ch] text-muted">{t('applications.deleteSentence')}</p>
          <Button variant="danger-quiet" onPress={() => setOpen('delete')}>
            {t('applications.delete')}
          </Button>
        </Card>
      </Section>
      <ApplicationDialog
        isOpen={open === 'edit'}
        onClose={close}
        title={t('applications.edit')}
        action={t('applications.save')}
        initial={application}
        isPending={update.isPending}
        problem={update.error}
        onSave={(input) => update.mutate(input, { onSuccess: close })}
      />
      <AlertDialog
        isOpen={open === 'delete'}
        onClose={close}
        title={t('applications.deleteTitle', { application: application.title })}
        action={t('applications.delete')}
        typeToConfirm={application.name}
        isPending={remove.isPending}
        problem={remove.error}
        onConfirm={() =>
          remove.mutate(undefined, {
            onSuccess: () => {
              toast({ title: t('applications.deleted', { application: application.title }) })
              void navigate({ to: '/p/$tenant/applications', params: { tenant } })
            },
          })
        }
      >
        {t('applications.deleteSentence')}
      </AlertDialog>
    </div>
  )
}
