/*
 * The only script that a website includes. It draws the launcher at once, and fetches the app when somebody shows intent or when
 * there is a session to go on with. Until then it fetches and stores nothing.
 */
import { logKey, outboxPrefix } from '@parley/client/keys';
import { ink, isColour } from './brand';
import css from './loader.css?inline';
import type { mount, Site } from './mount';

/** The build's files, relative to this one: the app, what it imports, and what a conversation needs. Set by the build. */
declare const APP: string;
declare const SHARED: string[];
declare const TALK: string;

const SVG = 'http://www.w3.org/2000/svg';
const SPEECH = 'M5 4h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2Z';

// A script that another script adds has no currentScript once it runs as a module or late.
const script = (document.currentScript ??
  document.querySelector('script[data-website]')) as HTMLScriptElement;

function start(): void {
  const { dataset, src } = script;
  const name = `parley:${dataset.website}`;
  const host = document.createElement('parley-chat');
  // Inline and important: no style sheet of the page can move, hide or turn it.
  host.style.cssText =
    'all:initial!important;position:fixed!important;inset:auto 0 0 auto!important;z-index:2147483000!important';
  host.dir = dataset.dir ?? (getComputedStyle(document.documentElement).direction || 'ltr');
  const root = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [sheet];

  const button = document.createElement('button');
  button.id = 'launcher';
  button.type = 'button';
  button.ariaLabel = dataset.label ?? 'Chat';
  button.ariaHasPopup = 'dialog';
  button.ariaExpanded = 'false';
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.ariaHidden = 'true';
  const icon = document.createElementNS(SVG, 'path') as SVGPathElement;
  icon.setAttribute('d', SPEECH);
  svg.append(icon);
  button.append(svg);
  root.append(button);

  const site: Site = { name, root, button, icon, dataset, origin: new URL(src).origin };
  let app: Promise<ReturnType<typeof mount>> | undefined;
  let tries = 0;
  const fetched = (file: string) => import(/* @vite-ignore */ new URL(file, src).href);
  const load = (also: string[] = []) => {
    // All at once: one round trip, not one for each level of imports.
    for (const file of [...SHARED, ...also]) fetched(file).catch(() => {});
    // Browsers remember that an import failed: another address asks again.
    app ??= fetched(APP + (tries ? `?${tries}` : '')).then((module: { mount: typeof mount }) =>
      module.mount(site),
    );
    return app.catch((e: unknown) => {
      app = undefined;
      tries++;
      throw e;
    });
  };
  const quietly = (also?: string[]) => void load(also).catch(() => {});
  button.onpointerenter = button.onfocus = () => quietly();
  button.onclick = () => {
    load().then(
      (chat) => chat.toggle(),
      () => {
        button.ariaLabel = button.title = 'The chat did not load. Please try again.';
      },
    );
  };

  try {
    const colour = dataset.brand ?? localStorage.getItem(`${name}:brand`) ?? '';
    if (isColour(colour)) {
      host.style.setProperty('--launcher', colour);
      host.style.setProperty('--launcher-ink', ink(colour));
    }
    const waiting = Object.keys(localStorage).some(
      (key) => key === logKey(name) || key.startsWith(outboxPrefix(name)),
    );
    if (waiting || sessionStorage.getItem(`${name}:open`)) {
      (window.requestIdleCallback ?? setTimeout)(() => quietly(waiting ? [TALK] : []));
    }
  } catch {
    // Storage is forbidden here: there is nothing to go on with.
  }
  document.body.append(host);
}

if (document.body) start();
else addEventListener('DOMContentLoaded', start);
