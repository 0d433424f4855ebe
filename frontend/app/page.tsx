import { Redirect } from '@/components/shell/Redirect'

/** The front door: to work, or to the sign-in. */
export default function Page() {
  return <Redirect />
}
