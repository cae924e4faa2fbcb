// A shortcut of the page: keys that are typed into the chat must not reach it.
addEventListener('keydown', (event) => {
  if (event.key !== '/') return;
  event.preventDefault();
  document.title = 'The page took a key';
});
