import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { keepSettingsApplied } from './i18n/settings.ts';
import './styles/all.css';

keepSettingsApplied();
const root = document.querySelector('#root');
if (root) createRoot(root).render(<App />);
