import type { NextConfig } from 'next'

/** The console is files alone: the gateway serves them from its binary. */
const config: NextConfig = {
  output: 'export',
  reactStrictMode: true,
  poweredByHeader: false,
  images: { unoptimized: true },
  devIndicators: false,
}

export default config
