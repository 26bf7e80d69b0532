// "Can X do Y on Z, and why?": asked of the server, which decides by the same facts (J7).

import type { AccessAnswer } from '@gatewright/shared/contract/tenancy'
import { type Permission, permissionNames, permissions } from '@gatewright/shared/model/role'
import { skipToken, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { CircleCheck, CircleSlash } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { orpc } from '../../api/client.ts'
import { useMay } from '../../api/session.ts'
import { useRoleTitle } from '../../roles/use-roles.ts'
import { Card, Section } from '../../ui/page.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { ComboBox, Select } from '../../ui/select.tsx'
import { Skeleton } from '../../ui/states.tsx'
import { type Member, membersQuery } from './queries.ts'

/** Granted for one's own applications: without one of them the answer is only half of it. */
const ofApplications: readonly Permission[] = ['application:own', 'analytics:own']
const applicationsMax = 200

export function AccessExplainer({ tenant }: { tenant: string }) {
  const { t } = useTranslation('admin')
  const may = useMay(tenant)
  const roleTitle = useRoleTitle(tenant)
  const members =
    useInfiniteQuery(membersQuery(tenant, undefined)).data?.pages.flatMap((page) => page.data) ?? []
  const [memberId, setMemberId] = useState<Member['id'] | null>(null)
  const [permission, setPermission] = useState<Permission | null>(null)
  const [application, setApplication] = useState<string | null>(null)
  const member = members.find(({ id }) => id === memberId)
  const asksApplication = permission !== null && ofApplications.includes(permission)
  const applications = useQuery(
    orpc.applications.list.queryOptions({
      input: { tenant, limit: applicationsMax },
      enabled: asksApplication && may('application:read'),
    }),
  )
  const answer = useQuery(
    orpc.tenancy.explainAccess.queryOptions({
      input:
        member && permission
          ? {
              tenant,
              member: member.id,
              permission,
              ...(asksApplication && application ? { application } : {}),
            }
          : skipToken,
    }),
  )
  return (
    <Section title={t('members.why')} sentence={t('members.whySentence')}>
      <Card className="flex flex-col gap-4">
        <div className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
          <ComboBox
            label={t('members.whyMember')}
            value={memberId}
            onChange={setMemberId}
            options={members.map(({ id, role, user }) => ({
              value: id,
              label: user.name,
              detail: `${roleTitle(role)} · ${user.email}`,
            }))}
          />
          <Select
            label={t('members.whyPermission')}
            value={permission}
            onChange={setPermission}
            options={permissionNames.map((name) => ({ value: name, label: permissions[name] }))}
          />
          {asksApplication && may('application:read') ? (
            <ComboBox
              label={t('access.application')}
              value={application}
              onChange={setApplication}
              options={(applications.data?.data ?? []).map(({ name, title, owner }) => ({
                value: name,
                label: title,
                detail: owner.name,
              }))}
            />
          ) : null}
        </div>
        <ProblemNote problem={answer.error} />
        {member && permission ? (
          answer.data ? (
            <Answer
              answer={answer.data}
              name={member.user.name}
              permission={permission}
              roleTitle={roleTitle}
            />
          ) : answer.isPending ? (
            <Skeleton className="h-12" />
          ) : null
        ) : null}
      </Card>
    </Section>
  )
}

interface AnswerProps {
  readonly answer: AccessAnswer
  readonly name: string
  readonly permission: Permission
  roleTitle(name: string): string
}

function Answer({ answer, name, permission, roleTitle }: AnswerProps) {
  const { t } = useTranslation('admin')
  const { isAllowed, reasons, missing } = answer
  const needsSignIn = reasons.some(({ kind, holds }) => kind === 'groups_seen' && !holds)
  return (
    <div role="status" className="flex flex-col gap-2">
      <p className="font-medium">
        {t(isAllowed ? 'access.yes' : 'access.no', { name, permission: permissions[permission] })}
      </p>
      <ul className="flex flex-col gap-1.5">
        {reasons.map((reason) => (
          <li key={reason.kind} className="flex items-start gap-2">
            <Mark holds={reason.holds} />
            <span>
              <Reason reason={reason} permission={permission} roleTitle={roleTitle} />
            </span>
          </li>
        ))}
      </ul>
      {missing && missing.roles.length > 0 ? (
        <p className="text-muted">
          {t('access.roles', {
            roles: missing.roles.map(roleTitle).join(', '),
          })}{' '}
          {missing.givers.length > 0
            ? t('access.givers', { names: missing.givers.map((giver) => giver.name).join(', ') })
            : t('access.platform')}
        </p>
      ) : null}
      {needsSignIn ? <p className="text-muted">{t('access.signIn', { name })}</p> : null}
    </div>
  )
}

function Mark({ holds }: { readonly holds: boolean }) {
  const { t } = useTranslation('admin')
  return holds ? (
    <CircleCheck size={16} aria-label={t('access.for')} className="mt-0.5 shrink-0 text-success" />
  ) : (
    <CircleSlash size={16} aria-label={t('access.against')} className="mt-0.5 shrink-0 text-danger" />
  )
}

function Reason({
  reason,
  permission,
  roleTitle,
}: {
  reason: AccessAnswer['reasons'][number]
  permission: Permission
  roleTitle(name: string): string
}) {
  const { t } = useTranslation('admin')
  switch (reason.kind) {
    case 'platform_admin':
      return t('access.platformAdmin')
    case 'role': {
      const said = {
        role: roleTitle(reason.role),
        permission,
        by:
          reason.givenBy === null ? t('access.byPerson') : t('access.byGroups', { provider: reason.givenBy }),
      }
      return reason.holds ? t('access.roleGrants', said) : t('access.roleLacks', said)
    }
    case 'groups_seen':
      return t(reason.holds ? 'access.seen' : 'access.unseen', { provider: reason.provider })
    case 'ownership':
      return reason.holds
        ? t('access.owns', { application: reason.application })
        : t('access.ownsNot', { application: reason.application, owner: reason.owner })
    case 'wider':
      return t(reason.holds ? 'access.wider' : 'access.notWider', { permission: reason.permission })
  }
}
