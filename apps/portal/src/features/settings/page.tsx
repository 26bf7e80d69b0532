// Settings of the tenant, and the environments of the platform that it publishes to.

import type { Environment } from '@gatewright/shared/model/environment'
import type { Tenant } from '@gatewright/shared/model/user'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { BookOpen, Plus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, orpc } from '../../api/client.ts'
import { rowsOfList } from '../../api/rows.ts'
import { useMay, useMe } from '../../api/session.ts'
import { DirtyGuard } from '../../forms/dirty-guard.tsx'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { plainButtonClass } from '../../ui/button-class.ts'
import { Switch } from '../../ui/choice.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Card, Page, PageHeader, Section } from '../../ui/page.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { ComboBox } from '../../ui/select.tsx'
import { EmptyState, Loaded } from '../../ui/states.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { toast } from '../../ui/toast.tsx'

const route = getRouteApi('/admin/t/$tenant/$env/settings')

export function SettingsPage() {
  const { tenant } = route.useParams()
  const { t } = useTranslation('admin')
  const found = useQuery(orpc.tenancy.get.queryOptions({ input: { tenant } }))
  return (
    <Page>
      <PageHeader
        title={t('settings.title')}
        sentence={t('settings.sentence')}
        actions={
          <a href={`/p/${tenant}`} className={plainButtonClass('secondary', 'md', 'hover:bg-hover')}>
            <BookOpen size={16} aria-hidden />
            {t('settings.openPortal')}
          </a>
        }
      />
      <Loaded query={found}>{(loaded) => <General key={loaded.version} tenant={loaded} />}</Loaded>
      <Environments />
    </Page>
  )
}

function General({ tenant }: { tenant: Tenant }) {
  const { t } = useTranslation('admin')
  const may = useMay(tenant.name)
  const queryClient = useQueryClient()
  const isEditable = may('tenant:write')
  const [title, setTitle] = useState(tenant.title)
  const [timeZone, setTimeZone] = useState(tenant.timeZone)
  const [selfSignUp, setSelfSignUp] = useState(tenant.selfSignUp)
  const isDirty = title !== tenant.title || timeZone !== tenant.timeZone || selfSignUp !== tenant.selfSignUp
  const save = useMutation({
    mutationFn: () =>
      client.tenancy.update(
        { tenant: tenant.name, title, timeZone, selfSignUp },
        { context: { ifMatch: tenant.version } },
      ),
    onSuccess: async () => {
      toast({ title: t('settings.saved') })
      await Promise.all([
        queryClient.invalidateQueries({ queryKey: orpc.tenancy.key() }),
        queryClient.invalidateQueries({ queryKey: ['session'] }),
      ])
    },
  })
  const zones = ['UTC', ...Intl.supportedValuesOf('timeZone')].filter(
    (zone, at, all) => all.indexOf(zone) === at,
  )
  return (
    <Section title={t('settings.general')}>
      <Card className="p-5!">
        <form
          className="flex max-w-xl flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault()
            save.mutate()
          }}
        >
          <TextField
            label={t('settings.tenantTitle')}
            value={title}
            onChange={setTitle}
            isReadOnly={!isEditable}
            maxLength={100}
          />
          <TextField
            label={t('settings.name')}
            help={t('settings.nameHelp')}
            value={tenant.name}
            isReadOnly
            mono
          />
          <ComboBox
            label={t('settings.timeZone')}
            help={t('settings.timeZoneHelp')}
            value={timeZone}
            onChange={setTimeZone}
            isDisabled={!isEditable}
            options={(zones.includes(timeZone) ? zones : [timeZone, ...zones]).map((zone) => ({
              value: zone,
              label: zone,
            }))}
          />
          <Switch
            isSelected={selfSignUp}
            onChange={setSelfSignUp}
            isDisabled={!isEditable}
            help={t('settings.selfSignUpHelp')}
          >
            {t('settings.selfSignUp')}
          </Switch>
          <ProblemNote problem={save.error} />
          {isEditable ? (
            <Button
              type="submit"
              variant="primary"
              isPending={save.isPending}
              isDisabled={!isDirty || title.trim() === ''}
              className="self-start"
            >
              {t('settings.save')}
            </Button>
          ) : null}
        </form>
      </Card>
      <DirtyGuard isDirty={isDirty} />
    </Section>
  )
}

function Environments() {
  const { t } = useTranslation('admin')
  const isPlatformAdmin = useMe()?.user.platformAdmin ?? false
  const [isAdding, setAdding] = useState(false)
  const source = rowsOfList<Environment>(useQuery(orpc.environments.list.queryOptions({ input: {} })))
  const columns: Column<Environment>[] = [
    {
      id: 'title',
      header: t('settings.column.environment'),
      card: 'title',
      cell: (row) => (
        <span className="flex items-center gap-2 font-medium">
          {row.title} <code className="text-xs font-normal text-faint">{row.name}</code>
          {row.production ? <Badge tone="danger">{t('production')}</Badge> : null}
        </span>
      ),
    },
    {
      id: 'url',
      header: t('settings.column.url'),
      cell: (row) => <code className="break-all text-muted">{row.gatewayUrl}</code>,
    },
    {
      id: 'groups',
      header: t('settings.column.groups'),
      cell: (row) => (
        <span className="flex flex-wrap gap-1 max-sm:justify-end">
          {row.groups.map((group) => (
            <Badge key={group}>{group}</Badge>
          ))}
        </span>
      ),
    },
    {
      id: 'revision',
      header: t('settings.column.revision'),
      align: 'end',
      width: '7rem',
      cell: (row) => row.revision,
    },
  ]
  return (
    <Section
      title={t('settings.environments')}
      sentence={t('settings.environmentsSentence')}
      actions={
        isPlatformAdmin ? (
          <Button icon={Plus} onPress={() => setAdding(true)}>
            {t('settings.newEnvironment')}
          </Button>
        ) : null
      }
    >
      <DataTable
        label={t('settings.environments')}
        columns={columns}
        source={source}
        rowId={(row) => row.id}
        empty={
          <EmptyState title={t('settings.environments')} sentence={t('settings.environmentsSentence')} />
        }
      />
      {isAdding ? <EnvironmentDialog onClose={() => setAdding(false)} /> : null}
    </Section>
  )
}

function EnvironmentDialog({ onClose }: { onClose(): void }) {
  const { t } = useTranslation('admin')
  const queryClient = useQueryClient()
  const [title, setTitle] = useState('')
  const [name, setName] = useState('')
  const [gatewayUrl, setGatewayUrl] = useState('https://')
  const [groups, setGroups] = useState('default')
  const [production, setProduction] = useState(false)
  const create = useMutation({
    mutationFn: () =>
      client.environments.create({
        title,
        name,
        production,
        gatewayUrl,
        groups: groups
          .split(',')
          .map((group) => group.trim())
          .filter((group) => group !== ''),
      }),
    onSuccess: async () => {
      toast({ title: t('settings.createdToast', { title }) })
      onClose()
      await queryClient.invalidateQueries({ queryKey: orpc.environments.key() })
    },
  })
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t('settings.newEnvironment')}
      footer={
        <Button
          variant="primary"
          isPending={create.isPending}
          isDisabled={title.trim() === '' || name === ''}
          onPress={() => create.mutate()}
        >
          {t('settings.create')}
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        <TextField label={t('settings.environmentTitle')} value={title} onChange={setTitle} autoFocus />
        <TextField
          label={t('settings.environmentName')}
          help={t('settings.nameHelp')}
          value={name}
          onChange={setName}
          mono
        />
        <TextField label={t('settings.gatewayUrl')} value={gatewayUrl} onChange={setGatewayUrl} mono />
        <TextField
          label={t('settings.groups')}
          help={t('settings.groupsHelp')}
          value={groups}
          onChange={setGroups}
          mono
        />
        <Switch isSelected={production} onChange={setProduction} help={t('settings.productionHelp')}>
          {t('settings.production')}
        </Switch>
        <ProblemNote problem={create.error} />
      </div>
    </Dialog>
  )
}
