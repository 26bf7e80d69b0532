// The question for a fresh proof, over any page; loaded at its first use.
import { lazy, Suspense, useEffect, useState } from 'react'
import { whenProofIsNeeded } from '../api/proof.ts'

const ProofDialog = lazy(async () => ({
  default: (await import('../features/account/proof-dialog.tsx')).ProofDialog,
}))

export function ProofDoor() {
  const [answer, setAnswer] = useState<(isProved: boolean) => void>()
  useEffect(
    () =>
      whenProofIsNeeded(
        () =>
          new Promise((resolve) =>
            // A function in state is wrapped, or React would call it.
            setAnswer(() => (isProved: boolean) => {
              setAnswer(undefined)
              resolve(isProved)
            }),
          ),
      ),
    [],
  )
  return answer ? (
    <Suspense>
      <ProofDialog onAnswer={answer} />
    </Suspense>
  ) : null
}
