// Writes services/schema.ts from the contract, ../openapi.yaml. With --check it
// writes nothing and fails where the file is not what the contract makes of it.
import { readFile, writeFile } from 'node:fs/promises'
import openapiTS, { astToString } from 'openapi-typescript'

const contract = new URL('../../openapi.yaml', import.meta.url)
const target = new URL('../services/schema.ts', import.meta.url)

/** What the contract says, as TypeScript. */
export async function schema() {
  const types = astToString(await openapiTS(contract, { alphabetize: false, defaultNonNullable: false }))
  return '// Made from openapi.yaml by `npm run types`. Not to be edited.\n\n' + types
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const fresh = await schema()
  const stored = await readFile(target, 'utf8').catch(() => '')
  if (process.argv.includes('--check')) {
    if (fresh !== stored) {
      console.error('services/schema.ts is not what openapi.yaml says: npm run types')
      process.exit(1)
    }
  } else if (fresh !== stored) {
    await writeFile(target, fresh)
  }
}
