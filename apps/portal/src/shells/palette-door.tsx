// The way to the palette: ⌘K anywhere, or a press. It loads at its first use; what is typed until then is kept.

import { lazy, type ReactNode, Suspense, useCallback, useEffect, useRef, useState } from 'react'
import { collectTyping, type TypedEarly } from '../ui/typed-early.ts'
import type { PaletteProps } from './palette.tsx'

const load = () => import('./palette.tsx')
const Palette = lazy(async () => ({ default: (await load()).Palette }))

type DoorProps = Omit<PaletteProps, 'isOpen' | 'onClose' | 'takeTyped'>

/** `open` for a button; `door` draws the palette once it was opened. */
export function usePaletteDoor(): { open(): void; door(props: DoorProps): ReactNode } {
  // Undefined until the first use: nothing is loaded before.
  const [isOpen, setOpen] = useState<boolean>()
  const isUp = useRef(false)
  const typed = useRef<TypedEarly>(undefined)
  const close = useCallback(() => {
    isUp.current = false
    setOpen(false)
  }, [])
  const open = useCallback(() => {
    if (isUp.current) return
    isUp.current = true
    const collecting = collectTyping(close)
    typed.current = collecting
    load().catch(() => collecting.take())
    setOpen(true)
  }, [close])
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.metaKey || event.ctrlKey)) return
      if (event.shiftKey || event.altKey) return
      event.preventDefault()
      open()
    }
    window.addEventListener('keydown', listen)
    return () => window.removeEventListener('keydown', listen)
  }, [open])
  const takeTyped = useCallback(() => typed.current?.take() ?? '', [])
  return {
    open,
    door: (props) =>
      isOpen === undefined ? null : (
        <Suspense>
          <Palette {...props} isOpen={isOpen} onClose={close} takeTyped={takeTyped} />
        </Suspense>
      ),
  }
}
