import { SharedPlace } from '@/components/shell/SharedPlace'

/** Answers for every /t/{slug} and /t/{slug}/{page}: the gateway serves this file for all of them. */
export default function Page() {
  return <SharedPlace />
}
