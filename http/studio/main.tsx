/** Where the page begins. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import './style.css';

const root = document.getElementById('studio');
if (root === null) throw new Error('index.html has no #studio');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
