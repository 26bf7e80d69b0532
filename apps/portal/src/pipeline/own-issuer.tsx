// One press fills in the team's own authorisation server as the provider whose tokens a policy takes.

import { useQuery } from '@tanstack/react-query'
import { KeySquare } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { orpc } from '../api/client.ts'
import type { Json } from '../forms/schema-model.ts'
import { Button } from '../ui/button.tsx'
import { withOwnIssuer } from './own-issuer-config.ts'

export function OwnIssuer({
  tenant,
  config,
  onChange,
}: {
  tenant: string
  config: Json
  onChange(config: Json): void
}) {
  const { t } = useTranslation('admin')
  const server = useQuery(
    orpc.authorisationServer.get.queryOptions({ input: { tenant }, staleTime: 60_000 }),
  ).data
  if (!server?.enabled || server.tokenFormat !== 'jwt') return null
  const filled = withOwnIssuer(config, server)
  if (filled === undefined) return null
  return (
    <div className="flex flex-col items-start gap-1.5 rounded-lg border border-line bg-sunken p-3">
      <Button icon={KeySquare} onPress={() => onChange(filled)}>
        {t('authorisation.usePreset')}
      </Button>
      <p className="text-sm break-words text-muted">
        {t('authorisation.usePresetHelp', { issuer: server.issuer })}
      </p>
    </div>
  )
}
