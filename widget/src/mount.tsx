import tokens from 'virtual:tokens';
import { render } from 'preact';
import { ink, isColour, palette } from './brand';
import { Context } from './context';
import { ICONS } from './icons';
import { english, language } from './texts';
import { Panel } from './views/panel';
import { Widget } from './widget';
import css from './widget.css?inline';

/** What the loader hands over. */
export interface Site {
  /** Prefix of everything in the browser's storage, and the name of the lock and the channel. */
  name: string;
  root: ShadowRoot;
  button: HTMLButtonElement;
  icon: SVGPathElement;
  /** The attributes of the script element: website, brand, theme, dir, lang, label. */
  dataset: DOMStringMap;
  origin: string;
}

/** Below this width the panel covers the page; the same number is in the style sheets. */
const PHONE = '(max-width: 480px)';
/** The colour of the tokens themselves, whose dark form was chosen by hand. */
const PINE = '#0b6b5b';

/** What the page can do with it. */
export interface Mounted {
  toggle(): void;
  /** Lets go of the socket and of everything that listens. */
  stop(): void;
}

/** Puts the app into the loader's shadow root, closed unless it was open on the page before. */
export function mount({ name, root, button, icon, dataset, origin }: Site): Mounted {
  const host = root.host as HTMLElement;
  const dress = (css: string) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets.push(sheet);
  };
  dress(tokens + css);
  const badge = document.createElement('b');
  badge.className = 'badge';
  badge.ariaHidden = 'true';
  const box = document.createElement('div');
  box.className = 'w';
  // What is typed here is not for the page's shortcuts.
  for (const type of ['keydown', 'keypress', 'keyup']) box.addEventListener(type, (e) => e.stopPropagation());
  root.append(box);

  const widget = new Widget({ origin, website: dataset.website ?? '', name });
  const page = document.documentElement;
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const phone = matchMedia(PHONE);
  const own = button.ariaLabel;
  let words = english();
  let drawn: string | false = false;
  let focus = false;
  let dressed = false;
  let uncover: (() => void) | undefined;

  const paint = () => {
    const asked = dataset.theme ?? page.dataset.theme;
    const theme = asked === 'dark' || asked === 'light' ? asked : dark.matches ? 'dark' : 'light';
    host.dataset.theme = theme;
    host.dir = dataset.dir ?? getComputedStyle(page).direction;
    const colour = dataset.brand ?? widget.brand;
    if (!isColour(colour) || colour.toLowerCase() === PINE) return;
    const colours = {
      ...palette(colour, theme === 'dark'),
      '--launcher': colour,
      '--launcher-ink': ink(colour),
    };
    for (const [property, value] of Object.entries(colours)) host.style.setProperty(property, value);
  };

  const draw = () => {
    const { open, unread } = widget;
    paint();
    if (widget.css && !dressed) {
      dressed = true;
      dress(widget.css);
    }
    button.ariaExpanded = String(open);
    button.ariaLabel = unread && !open ? words.t('launcher.new', { n: unread }) : own;
    icon.setAttribute('d', ICONS[open ? 'down' : 'chat']);
    badge.textContent = unread > 9 ? '9+' : String(unread);
    if (unread && !open) button.append(badge);
    else badge.remove();

    const modal = open && phone.matches;
    if (modal) uncover ??= cover(host);
    else {
      uncover?.();
      uncover = undefined;
    }
    // The views hear of everything else themselves. Drawing from here while they draw would make a second panel.
    const now = open && `${modal} ${words.tag}`;
    if (now === drawn) return;
    const closed = drawn && !open;
    drawn = now;
    render(
      open && (
        <Context.Provider value={{ widget, language: words }}>
          <Panel modal={modal} focus={focus} />
        </Context.Provider>
      ),
      box,
    );
    if (closed) button.focus({ preventScroll: true });
  };

  widget.subscribe(draw);
  widget.listen(dark, 'change', draw);
  widget.listen(phone, 'change', draw);
  const observer = new MutationObserver(draw);
  observer.observe(page, { attributeFilter: ['data-theme', 'dir'] });
  // A phone's keyboard covers the lower half of the page: the panel fits into what is left.
  const { visualViewport: viewport } = window;
  if (viewport) {
    widget.listen(viewport, 'resize', () => host.style.setProperty('--height', `${viewport.height}px`));
  }
  void language([dataset.lang, page.lang], navigator.languages).then((found) => {
    words = found;
    draw();
  });
  widget.warm();
  draw();

  return {
    toggle() {
      focus = true;
      widget.toggle();
    },
    stop() {
      observer.disconnect();
      uncover?.();
      render(null, box);
      widget.stop();
    },
  };
}

/** The panel covers the page: nothing behind it scrolls or takes the focus. Returns the way back. */
function cover(host: HTMLElement): () => void {
  const { style } = document.documentElement;
  const before = style.overflow;
  style.overflow = 'hidden';
  const others = [...document.body.children].filter(
    (other): other is HTMLElement => other !== host && other instanceof HTMLElement && !other.inert,
  );
  for (const other of others) other.inert = true;
  return () => {
    style.overflow = before;
    for (const other of others) other.inert = false;
  };
}
