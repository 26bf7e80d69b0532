// Recovery codes, once: copied or saved before the dialog lets go of them.

import { Copy, Download } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { saveFile } from '../../ui/save-file.ts'
import { useCopy } from '../../ui/use-copy.ts'

export function RecoveryCodesDialog({ codes, onClose }: { codes: readonly string[]; onClose(): void }) {
  const { t } = useTranslation('account')
  const [isKept, setKept] = useState(false)
  const [copied, copy] = useCopy()
  const text = `${codes.join('\n')}\n`
  return (
    <Dialog
      isOpen
      size="sm"
      isLocked={!isKept}
      onClose={onClose}
      title={t('factors.codesTitle')}
      sentence={t('factors.codesSentence')}
      footer={
        <Button variant="primary" isDisabled={!isKept} onPress={onClose}>
          {t('done')}
        </Button>
      }
    >
      <div className="flex flex-col gap-3">
        <ul className="grid grid-cols-2 gap-x-4 gap-y-1.5 rounded-lg border border-line bg-sunken p-3 max-sm:grid-cols-1">
          {codes.map((code) => (
            <li key={code}>
              <code className="text-sm select-all">{code}</code>
            </li>
          ))}
        </ul>
        <div className="flex flex-wrap gap-2">
          <Button
            icon={Copy}
            onPress={async () => {
              await copy(text)
              // Where copying is not allowed they are on the screen, to be written down.
              setKept(true)
            }}
          >
            {copied ? t('factors.codesCopied') : t('factors.copyCodes')}
          </Button>
          <Button
            icon={Download}
            onPress={() => {
              saveFile('gatewright-recovery-codes.txt', 'text/plain', text)
              setKept(true)
            }}
          >
            {t('factors.saveCodes')}
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
