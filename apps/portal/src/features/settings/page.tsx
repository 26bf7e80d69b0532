// Settings of the tenant, and the environments of the platform that it publishes to.

import type { Environment } from '@gatewright/shared/model/environment'
import type { Tenant } from '@gatewright/shared/model/user'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { BookOpen, KeySquare, Plus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, orpc } from '../../api/client.ts'
import { rowsOfList } from '../../api/rows.ts'
import { useMay, useMe } from '../../api/session.ts'
import { useEdited } from '../../forms/edited.ts'
import { FormEnd } from '../../forms/form-end.tsx'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { Switch } from '../../ui/choice.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { LinkButton } from '../../ui/link.tsx'
import { Card, Page, PageHeader, Section } from '../../ui/page.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { ComboBox } from '../../ui/select.tsx'
import { EmptyState, Loaded } from '../../ui/states.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { toast } from '../../ui/toast.tsx'

const route = getRouteApi('/admin/t/$tenant/$env/settings')

export function SettingsPage() {
  const { tenant, env } = route.useParams()
  const { t } = useTranslation('admin')
  const found = useQuery(orpc.tenancy.get.queryOptions({ input: { tenant } }))
  return (
    <Page>
      <PageHeader
        title={t('settings.title')}
        sentence={t('settings.sentence')}
        actions={
          <>
            <LinkButton
              icon={KeySquare}
              to="/admin/t/$tenant/$env/settings/authorisation-server"
              params={{ tenant, env }}
            >
              {t('authorisation.title')}
            </LinkButton>
            <LinkButton icon={BookOpen} to="/p/$tenant" params={{ tenant }}>
              {t('settings.openPortal')}
            </LinkButton>
          </>
        }
      />
      <Loaded query={found}>{(loaded) => <General key={loaded.id} tenant={loaded} />}</Loaded>
      <Environments />
    </Page>
  )
}

function generalOf({ title, timeZone, selfSignUp }: Tenant) {
  return { title, timeZone, selfSignUp }
}

function General({ tenant }: { tenant: Tenant }) {
  const { t } = useTranslation('admin')
  const may = useMay(tenant.name)
  const queryClient = useQueryClient()
  const isEditable = may('tenant:write')
  const edited = useEdited(generalOf(tenant), tenant.version)
  const { title, timeZone, selfSignUp } = edited.value
  const save = useMutation({
    mutationFn: () =>
      client.tenancy.update(
        { tenant: tenant.name, title, timeZone, selfSignUp },
        { context: { ifMatch: edited.version } },
      ),
    onSuccess: async (saved) => {
      edited.saved(generalOf(saved))
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
            onChange={(next) => edited.set({ title: next })}
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
            onChange={(next) => edited.set({ timeZone: next })}
            isDisabled={!isEditable}
            options={(zones.includes(timeZone) ? zones : [timeZone, ...zones]).map((zone) => ({
              value: zone,
              label: zone,
            }))}
          />
          <Switch
            isSelected={selfSignUp}
            onChange={(next) => edited.set({ selfSignUp: next })}
            isDisabled={!isEditable}
            help={t('settings.selfSignUpHelp')}
          >
            {t('settings.selfSignUp')}
          </Switch>
          <FormEnd
            edited={edited}
            saving={save}
            isEditable={isEditable}
            isWhole={title.trim() !== ''}
            save={t('settings.save')}
            discard={t('settings.discard')}
          />
        </form>
      </Card>
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
          {row.production && row.title !== t('production') ? (
            <Badge tone="danger">{t('production')}</Badge>
          ) : null}
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
  const isComplete = title.trim() !== '' && name !== ''
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t('settings.newEnvironment')}
      footer={
        <Button
          variant="primary"
          isPending={create.isPending}
          isDisabled={!isComplete}
          onPress={() => create.mutate()}
        >
          {t('settings.create')}
        </Button>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (isComplete && !create.isPending) create.mutate()
        }}
      >
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
        {/* Enter in a field sends the form: it needs a button of its own for that. */}
        <button type="submit" hidden tabIndex={-1} />
      </form>
    </Dialog>
  )
}
