import { later } from './Later'

/** See ConfirmDialog. */
export const Confirm = later(() => import('./ConfirmDialog'))
