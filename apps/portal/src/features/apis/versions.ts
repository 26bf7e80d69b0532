// Which version of an API a screen speaks of when none is named.

import type { ApiSummary } from '@gatewright/shared/model/api'

type VersionSummary = ApiSummary['versions'][number]

const rank = { published: 0, deprecated: 2, draft: 1, retired: 3 }

/** The newest published one, else the newest draft; versions come oldest first. */
export function mainVersion(api: ApiSummary): VersionSummary | undefined {
  return [...api.versions].reverse().sort((a, b) => rank[a.lifecycle] - rank[b.lifecycle])[0]
}

export function chosenVersion(api: ApiSummary, name: string | undefined): VersionSummary | undefined {
  return api.versions.find((version) => version.name === name) ?? mainVersion(api)
}
