/** The page is built into `dist/`, and served by the app under `/studio/`. */
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// Otherwise, where something else is set (in tests), React would come as for development.
process.env['NODE_ENV'] = 'production';

export default defineConfig({
  root: import.meta.dirname,
  base: '/studio/',
  plugins: [react()],
  build: { outDir: 'dist', emptyOutDir: true, modulePreload: { polyfill: false } },
});
