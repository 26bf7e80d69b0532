// Members, open invitations, and the role matrix from the same table that the server enforces.

import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { UserPlus } from 'lucide-react'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { orpc } from '../../api/client.ts'
import { useMay } from '../../api/session.ts'
import { Button } from '../../ui/button.tsx'
import { Page, PageHeader } from '../../ui/page.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { InvitationList } from './invitations.tsx'
import { MemberList } from './list.tsx'
import { Roles } from './roles.tsx'

const route = getRouteApi('/admin/t/$tenant/$env/members')
const InviteDialog = lazy(async () => ({ default: (await import('./invite-dialog.tsx')).InviteDialog }))

export function MembersPage() {
  const { tenant } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { t } = useTranslation('admin')
  const may = useMay(tenant)
  const tab = search.tab ?? 'members'
  const invitations = useQuery(orpc.tenancy.invitations.queryOptions({ input: { tenant } }))
  const set = (next: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: true })
  return (
    <Page>
      <PageHeader
        title={t('members.title')}
        sentence={t('members.sentence')}
        actions={
          may('member:write') ? (
            <Button variant="primary" icon={UserPlus} onPress={() => set({ invite: true })}>
              {t('members.invite')}
            </Button>
          ) : null
        }
      />
      <Tabs
        label={t('members.tabs')}
        value={tab}
        onChange={(next) => set({ tab: next === 'members' ? undefined : next, search: undefined })}
        items={[
          { value: 'members', label: t('members.tab.members') },
          {
            value: 'invitations',
            label: t('members.tab.invitations'),
            count: invitations.data?.data.length || undefined,
          },
          { value: 'roles', label: t('members.tab.roles') },
        ]}
      >
        {tab === 'members' ? (
          <MemberList
            tenant={tenant}
            search={search.search}
            isEditable={may('member:write')}
            onSearch={(value) => set({ search: value })}
          />
        ) : tab === 'invitations' ? (
          <InvitationList tenant={tenant} query={invitations} isEditable={may('member:write')} />
        ) : (
          <Roles tenant={tenant} open={search} onOpen={({ role, make, from }) => set({ role, make, from })} />
        )}
      </Tabs>
      <Suspense>
        {search.invite ? <InviteDialog tenant={tenant} onClose={() => set({ invite: undefined })} /> : null}
      </Suspense>
    </Page>
  )
}
