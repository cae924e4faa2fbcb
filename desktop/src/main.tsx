import '@fontsource-variable/inter/index.css';
import '@parley/client/tokens.css';
import './base.css';
import { createRoot } from 'react-dom/client';
import { navigate } from 'wouter/use-hash-location';
import { App } from './app';
import { Door } from './door';

const root = document.getElementById('root');
if (root) {
  const door = new Door((session) => navigate(`/chats/${session}`));
  void door.enter();
  createRoot(root).render(<App door={door} />);
}
