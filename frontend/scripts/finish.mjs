// Runs after `next build`: writes compressed forms beside the files, which the
// gateway serves as they are, and refuses a page that a strict
// Content-Security-Policy would break.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const out = new URL('../out/', import.meta.url).pathname
const compressible = /\.(html|js|css|txt|svg|json)$/

for (const entry of await readdir(out, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !compressible.test(entry.name)) continue
  const path = join(entry.parentPath, entry.name)
  const plain = await readFile(path)
  if (entry.name.endsWith('.html')) check(path, plain.toString())
  if (plain.length < 512) continue
  await writeFile(`${path}.gz`, gzipSync(plain, { level: 9 }))
  await writeFile(`${path}.br`, brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length } }))
}

/** Inline scripts are named by their hashes; inline styles and handlers cannot be. */
function check(path, page) {
  const markup = page.replace(/<script[\s\S]*?<\/script>/g, '')
  const found = /<style[\s>]|\sstyle="|\son[a-z]+="|<iframe|javascript:/i.exec(markup)
  if (found) throw new Error(`${path} has ${JSON.stringify(found[0])}, which the Content-Security-Policy does not allow`)
}
