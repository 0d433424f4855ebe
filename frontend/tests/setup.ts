import '@testing-library/jest-dom/vitest'
import { cleanup, configure } from '@testing-library/react'
import { afterEach } from 'vitest'

// A condition is waited for, not a machine's speed.
configure({ asyncUtilTimeout: 10_000 })

// jsdom knows no modal dialogs.
if (typeof HTMLDialogElement !== 'undefined') {
  HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
  this.open = true
}
  HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) {
  this.open = false
}
}

afterEach(() => {
  cleanup()
  if (typeof window === 'undefined') return
  window.localStorage.clear()
  window.sessionStorage.clear()
})
