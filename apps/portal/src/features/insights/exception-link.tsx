// From a rule that took a request for an attack to the exceptions of the firewall that judged, filled in and not yet saved.

import type { RequestStory } from '@gatewright/shared/contract/analytics'
import type { SecurityReport } from '@gatewright/shared/security'
import { useTranslation } from 'react-i18next'
import { useMay, useMe } from '../../api/session.ts'
import type { RuleMatch } from '../../security/reports.tsx'
import { Link } from '../../ui/link.tsx'

interface ExceptionLinkProps {
  request: RequestStory
  tenant: string
  env: string
  firewall: NonNullable<SecurityReport['firewall']>
  match: RuleMatch
}

/** Rules beyond are the gateway's own, or an operator's: no policy can switch them off. */
const ruleMax = 999_999

export function ExceptionLink({ request, tenant, env, firewall, match }: ExceptionLinkProps) {
  const { t } = useTranslation('security')
  const may = useMay(tenant)
  const isPlatformAdmin = useMe()?.user.platformAdmin ?? false
  const { policy, scope } = firewall
  if (!may('api:write') || match.rule > ruleMax) return null
  const exception = { step: policy, rule: match.rule, ...(match.target ? { target: match.target } : {}) }
  const text = t(match.target ? 'except.here' : 'except.whole')
  if (scope === 'tenant' || (scope === 'global' && isPlatformAdmin))
    return (
      <Link to="/admin/t/$tenant/$env/policies" params={{ tenant, env }} search={{ scope, ...exception }}>
        {text}
      </Link>
    )
  const { api, apiVersion, routeId } = request
  if (!api || !apiVersion) return null
  const params = { tenant, env, api: api.name }
  if (scope === 'version')
    return (
      <Link
        to="/admin/t/$tenant/$env/apis/$api/policies"
        params={params}
        search={{ version: apiVersion, ...exception }}
      >
        {text}
      </Link>
    )
  if (scope === 'route' && routeId)
    return (
      <Link
        to="/admin/t/$tenant/$env/apis/$api/routes"
        params={params}
        search={{ version: apiVersion, route: routeId, ...exception }}
      >
        {text}
      </Link>
    )
  return null
}
