import { readFileSync } from 'node:fs';

const ID = 'virtual:tokens';

/**
 * A Vite plugin: the design tokens that the widget's style sheets use, as rules for its shadow root. Light is the default; the app
 * sets data-theme on the host.
 */
export function tokens() {
  const read = (name) => readFileSync(new URL(name, import.meta.url), 'utf8');
  return {
    name: 'tokens',
    resolveId: (id) => (id === ID ? `\0${ID}` : undefined),
    load(id) {
      if (id !== `\0${ID}`) return undefined;
      const all = read('client/tokens.css');
      const used = read('src/widget.css') + read('src/talk.css');
      const list = (from, to) => {
        const lines = all.split(`/* tokens:${from} */`)[1].split(`/* tokens:${to} */`)[0];
        return [...lines.matchAll(/(--[\w-]+|color-scheme):\s*([^;]+);/g)]
          .filter(([, name]) => name === 'color-scheme' || used.includes(`var(${name}`))
          .map(([, name, value]) => `${name}:${value.trim()}`)
          .join(';');
      };
      const css = `:host{${list('light', 'dark')}}:host([data-theme=dark]){${list('dark', 'end')}}`;
      return `export default ${JSON.stringify(css)}`;
    },
  };
}
