import { createRoot } from 'react-dom/client';
import { Router } from 'wouter';
import { useHashLocation } from 'wouter/use-hash-location';
import { Shell } from '../features/shell/shell.tsx';
import { keepSettingsApplied } from '../i18n/settings.ts';
import { ChatProvider } from '../sync/chat.tsx';
import '../styles/all.css';
import { fixtureChat } from './fixture-chat.ts';

// The page with made-up people and no service: for looking at it. Not part of the build.
keepSettingsApplied();
const root = document.querySelector('#root');
const chat = fixtureChat();
Object.assign(globalThis, { chat });
if (root) createRoot(root).render(<Router hook={useHashLocation}><ChatProvider chat={chat}><Shell /></ChatProvider></Router>);
