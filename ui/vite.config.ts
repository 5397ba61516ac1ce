// How the interface is built: one page, one script, one sheet of styles, nothing fetched from outside.
// The fake backend is left out of a release: only the development server and the tests know it.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [svelte()],
  base: './',
  // Tests mount components, so the browser's half of Svelte is resolved there too.
  resolve: process.env.VITEST ? { conditions: ['browser'] } : {},
  // The words are read as data, not as a program.
  json: { stringify: true, namedExports: false },
  server: { host: '127.0.0.1', port: 5173, strictPort: true, fs: { allow: ['..'] } },
  build: {
    outDir: 'dist',
    target: 'es2022',
    // A data: URL would need a wider content policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.ts'],
    restoreMocks: true,
  },
});
