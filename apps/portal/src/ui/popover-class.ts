// The look of everything that floats below a control.

export const popoverClass = 'animate-pop overflow-auto rounded-lg bg-raised p-1 shadow-pop outline-none'
